/** The only file that starts processes: any program ({@link runProcess}), ffmpeg with its progress read, ffprobe. */
import { spawn } from 'node:child_process';
import { MediaError } from '@supabase-media/core/errors';
import { createStopper, ended, lowerPriority, readText } from './child.ts';
import { confine } from './confine.ts';
import type { ChildIsolation } from './isolation.ts';
import { createLineSplitter } from './line-splitter.ts';
import { endedBySignal, findSystemFailure } from './process-failures.ts';
import { createProgressReader, type EncodeProgress } from './progress.ts';
import {
  assertGuarded,
  assertInputGuarded,
  type ChildResources,
  childEnvironment,
  childResources,
  fileUrl,
  inputGuards,
} from './sandbox.ts';
import { createTextTail } from './text-tail.ts';
import type { MediaTools } from './tools.ts';
import { createWatchdog, type ProcessLimits } from './watchdog.ts';
import { outputTooLarge, type WriteLimit, watchWrites } from './write-limit.ts';

/** Enough for the lines that say why, and little enough for a log. */
const STDERR_TAIL_CHARACTERS = 8192;
/** For a program that does not listen to SIGTERM at all. */
const DEFAULT_KILL_GRACE_MS = 10_000;

export interface RunProcessOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** Aborting ends the whole process group: SIGTERM, then SIGKILL. */
  readonly signal?: AbortSignal | undefined;
  readonly limits?: ProcessLimits | undefined;
  /** What the system should keep the program from taking, where it can. */
  readonly resources?: ChildResources | undefined;
  /** What the program should be kept from, as the machine was found to allow; only together with `resources`. */
  readonly isolation?: ChildIsolation | undefined;
  /** What it may write, where that is known. */
  readonly writes?: WriteLimit | undefined;
  readonly cwd?: string | undefined;
  /** Called for each line of stdout as it comes. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** What is beyond is cut off a line; 8192 by default. */
  readonly maxLineCharacters?: number | undefined;
  /** Whether a line shows progress; by default every line does. */
  readonly showsProgress?: ((line: string) => boolean) | undefined;
}

export interface ProcessResult {
  /** 0 to 255. What it means is for the caller to say: ffmpeg ends with 0 on half a file too. */
  readonly exitCode: number;
  readonly stderrTail: string;
  readonly seconds: number;
}

/**
 * Runs a program in a process group of its own, with low priority and a clean environment, and waits for its end.
 *
 * @throws MediaError aborted | ffmpeg_stalled | ffmpeg_timeout when we ended it, ffmpeg_missing when it could not be
 * started, ffmpeg_killed | ffmpeg_failed when a signal ended it, disk_full by its own words, output_too_large
 * when it wrote more than it may
 */
export async function runProcess(options: RunProcessOptions): Promise<ProcessResult> {
  const { program, args, signal, writes, limits = {} } = options;
  if (signal?.aborted) throw abortedError(program, signal);

  const startedAt = performance.now();
  const { resources, isolation } = options;
  const command = { program, args };
  // A look at a version ends by itself; everything else is confined, and dies with us.
  const started = resources === undefined ? command : confine(command, { resources, isolation });
  const child = spawn(started.program, [...started.args], {
    cwd: options.cwd,
    detached: true,
    env: childEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const stop = createStopper(child, limits.killGraceMs ?? DEFAULT_KILL_GRACE_MS);
  const watchdog = createWatchdog({ program, limits, onExpired: stop.because });
  const watch = writes && watchWrites(writes, stop.because);
  const onAbort = () => stop.because(abortedError(program, signal));
  signal?.addEventListener('abort', onAbort, { once: true });
  const tail = createTextTail(STDERR_TAIL_CHARACTERS);
  try {
    lowerPriority(child);
    const feed = createLineSplitter((line) => {
      if (options.showsProgress?.(line) ?? true) watchdog.progress();
      options.onLine?.(line);
    }, options.maxLineCharacters);
    readText(child.stdout, feed, stop.because);
    child.stderr.setEncoding('utf8').on('data', tail.add);
    const end = await ended(child, program);
    if (stop.reason() !== undefined) throw stop.reason();
    const failure =
      end.signal === null
        ? findSystemFailure({ program, stderrTail: tail.text(), exitCode: end.code ?? 1 })
        : endedBySignal(program, end.signal, tail.text());
    if (failure !== undefined) throw writes && failure.code === 'output_too_large' ? outputTooLarge(writes) : failure;
    const exceeded = await watch?.finish();
    if (exceeded !== undefined) throw exceeded;
    return { exitCode: end.code ?? 1, stderrTail: tail.text(), seconds: (performance.now() - startedAt) / 1000 };
  } finally {
    signal?.removeEventListener('abort', onAbort);
    watchdog.end();
    watch?.end();
    stop.end();
  }
}

function abortedError(program: string, signal: AbortSignal | undefined): MediaError {
  if (signal?.reason instanceof MediaError) return signal.reason;
  return new MediaError({ code: 'aborted', message: `${program} was told to stop.`, cause: signal?.reason });
}

export interface RunFfmpegOptions {
  readonly tools: MediaTools;
  readonly args: readonly string[];
  /** Length of what is written, for the percent. Seconds. */
  readonly durationSeconds?: number | undefined;
  /** About so many frames of the first video stream are written, for the percent. */
  readonly frameCount?: number | undefined;
  readonly onProgress?: ((progress: EncodeProgress) => void) | undefined;
  readonly limits?: ProcessLimits | undefined;
  /** Called for each line of stdout, its progress among them: for an output that is text. */
  readonly onLine?: ((line: string) => void) | undefined;
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
const FINISHING_SHARE = 0.98;

/**
 * @throws what `runProcess` throws. A failure on the file is in the result. Exit code 0 does not mean that
 * all was encoded: half a file encodes without an error.
 */
export async function runFfmpeg(options: RunFfmpegOptions): Promise<FfmpegResult> {
  assertGuarded(options.args);
  const reader = createProgressReader(options);
  let reached = 0;
  const { durationSeconds = 0 } = options;
  const isFinishing = () => reader.position() >= durationSeconds * FINISHING_SHARE;
  const { exitCode, stderrTail, seconds } = await runProcess({
    program: options.tools.ffmpeg.path,
    args: options.args,
    cwd: options.cwd,
    resources: childResources(options.tools.limits, options.limits?.totalMs),
    isolation: options.tools.isolation,
    writes: options.tools.limits.writes,
    signal: options.signal,
    limits: {
      ...options.limits,
      stallMs: options.limits?.stallMs ?? (() => (isFinishing() ? FINISHING_STALL_MS : STALL_MS)),
    },
    showsProgress() {
      const now = reader.position() + reader.frames();
      const moved = now > reached;
      reached = now;
      return moved;
    },
    onLine(line) {
      options.onLine?.(line);
      const progress = reader.read(line);
      if (progress !== undefined) options.onProgress?.(progress);
    },
  });
  return { exitCode, stderrTail, seconds, frames: reader.frames() };
}

/** What the readings of one file may take each. */
export interface ProbeBounds {
  /** Milliseconds. */
  readonly totalMs: number;
  /** Address space of ffprobe, in bytes. */
  readonly memoryBytes: number | undefined;
}

/** One reading of a file. */
export interface ProbePass {
  readonly inputPath: string;
  readonly tools: MediaTools;
  readonly maxPixels: number;
  readonly deepAnalysis?: boolean | undefined;
  readonly logLevel?: 'error' | 'warning';
  /** For each reading of this file, in addition to the limits of what is looked for. */
  readonly bounds?: ProbeBounds | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RunFfprobeOptions extends ProbePass {
  /** What to print, e.g. `-show_streams`. */
  readonly show: readonly string[];
  readonly onLine: (line: string) => void;
  /** What is beyond is cut off a line; 8192 by default. */
  readonly maxLineCharacters?: number | undefined;
  readonly limits: ProcessLimits;
}

/** Runs ffprobe on one file, inside the sandbox. How ffprobe itself ended is in the result. Throws what `runProcess` throws. */
export async function runFfprobe(options: RunFfprobeOptions): Promise<ProcessResult> {
  const guards = inputGuards({ maxPixels: options.maxPixels, deepAnalysis: options.deepAnalysis ?? false });
  const before = ['-hide_banner', '-v', options.logLevel ?? 'error', ...guards, ...options.show];
  const input = fileUrl(options.inputPath);
  assertInputGuarded(before, input);
  const { bounds, tools } = options;
  const totalMs = Math.min(options.limits.totalMs ?? Infinity, bounds?.totalMs ?? Infinity);
  const memoryBytes = bounds?.memoryBytes ?? tools.limits.memoryBytes;
  return runProcess({
    program: tools.ffprobe.path,
    resources: childResources({ ...tools.limits, memoryBytes }, Number.isFinite(totalMs) ? totalMs : undefined),
    isolation: tools.isolation,
    args: [...before, input],
    onLine: options.onLine,
    maxLineCharacters: options.maxLineCharacters,
    limits: { ...options.limits, totalMs },
    signal: options.signal,
  });
}
