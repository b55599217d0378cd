/** Runs one composed command of ffmpeg, inside the sandbox, with its progress read. */
import { createProgressReader, type EncodeProgress } from './progress.ts';
import { runProcess } from './run-process.ts';
import { assertGuarded, childResources } from './sandbox.ts';
import type { MediaTools } from './tools.ts';
import type { ProcessLimits } from './watchdog.ts';

export interface RunFfmpegOptions {
  readonly tools: MediaTools;
  readonly args: readonly string[];
  /** Length of what is written, for the percent. Seconds. */
  readonly durationSeconds?: number | undefined;
  readonly onProgress?: ((progress: EncodeProgress) => void) | undefined;
  readonly limits?: ProcessLimits | undefined;
  /** The folder that relative names of outputs are in. */
  readonly cwd?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface FfmpegResult {
  readonly exitCode: number;
  readonly stderrTail: string;
  readonly seconds: number;
  /** Video frames written. */
  readonly frames: number;
}

/** A minute without a new frame is a stall: one 8K HEVC frame takes under a second on 2 cores. */
const STALL_MS = 60_000;
/** The rewriting of a large file at the end (faststart) is silent; five minutes move 30 GB on an ordinary disk. */
const FINISHING_STALL_MS = 300_000;
const FINISHING_PERCENT = 98;

/**
 * @throws what `runProcess` throws. That ffmpeg failed on the file is in the result, and that it ended with 0 proves
 * nothing: half a file encodes without an error.
 */
export async function runFfmpeg(options: RunFfmpegOptions): Promise<FfmpegResult> {
  assertGuarded(options.args);
  const reader = createProgressReader(options.durationSeconds);
  let reached = 0;
  let percent: number | undefined;
  const { exitCode, stderrTail, seconds } = await runProcess({
    program: options.tools.ffmpeg.path,
    args: options.args,
    cwd: options.cwd,
    resources: childResources(options.tools.limits, options.limits?.totalMs),
    signal: options.signal,
    limits: {
      ...options.limits,
      stallMs:
        options.limits?.stallMs ?? (() => ((percent ?? 100) >= FINISHING_PERCENT ? FINISHING_STALL_MS : STALL_MS)),
    },
    showsProgress() {
      const now = reader.position() + reader.frames();
      const moved = now > reached;
      reached = now;
      return moved;
    },
    onLine(line) {
      const progress = reader.read(line);
      if (progress === undefined) return;
      percent = progress.percent;
      options.onProgress?.(progress);
    },
  });
  return { exitCode, stderrTail, seconds, frames: reader.frames() };
}
