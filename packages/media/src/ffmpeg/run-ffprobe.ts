import { type ProcessResult, runProcess } from './run-process.ts';
import { assertInputGuarded, childResources, fileUrl, inputGuards } from './sandbox.ts';
import type { MediaTools } from './tools.ts';
import type { ProcessLimits } from './watchdog.ts';

/** One reading of a file. */
export interface ProbePass {
  readonly inputPath: string;
  readonly tools: MediaTools;
  readonly maxPixels: number;
  readonly deepAnalysis?: boolean | undefined;
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

/** Runs ffprobe on one file, inside the sandbox. How ffprobe itself ended is in the result. */
export async function runFfprobe(options: RunFfprobeOptions): Promise<ProcessResult> {
  const guards = inputGuards({ maxPixels: options.maxPixels, deepAnalysis: options.deepAnalysis ?? false });
  const before = ['-hide_banner', '-v', 'error', ...guards, ...options.show];
  const input = fileUrl(options.inputPath);
  assertInputGuarded(before, input);
  return runProcess({
    program: options.tools.ffprobe.path,
    resources: childResources(options.tools.limits, options.limits.totalMs),
    args: [...before, input],
    onLine: options.onLine,
    maxLineCharacters: options.maxLineCharacters,
    limits: options.limits,
    signal: options.signal,
  });
}
