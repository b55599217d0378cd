/** What an ffmpeg was built with. */
import { runProcess } from './run-process.ts';
import type { MediaTools } from './tools.ts';

/** The lists that ffmpeg prints of itself. */
export type PartKind = 'encoders' | 'filters' | 'muxers';

const LIST_TIMEOUT_MS = 15_000;

/**
 * Reads a list as `ffmpeg -encoders`, `-filters` and `-muxers` print it: flags, a name, then words. Names of
 * the same thing are joined by commas.
 */
export function readParts(lines: readonly string[]): ReadonlySet<string> {
  const names = lines.flatMap((line) => /^ [A-Z.| ]{1,6} +([a-z0-9_,]+) /.exec(line)?.[1]?.split(',') ?? []);
  return new Set(names);
}

/**
 * Asks ffmpeg for one of its lists.
 *
 * @throws {MediaError} as `runProcess` does.
 */
export async function listParts(tools: MediaTools, kind: PartKind, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const lines: string[] = [];
  await runProcess({
    program: tools.ffmpeg.path,
    args: ['-hide_banner', `-${kind}`],
    signal,
    limits: { totalMs: LIST_TIMEOUT_MS },
    onLine: (line) => lines.push(line),
  });
  return readParts(lines);
}

/** Reads `ffmpeg -codecs`: of ` DEAIL. aac  AAC (Advanced Audio Coding)`, the first `D` means that it has a decoder. */
export function readDecodableCodecs(lines: readonly string[]): ReadonlySet<string> | undefined {
  const names = lines.flatMap((line) => /^ D[A-Z.]{5} ([a-z0-9_]+) /.exec(line)?.[1] ?? []);
  return names.length === 0 ? undefined : new Set(names);
}

/** Asks once, for 0.1 s. `undefined` when the program gives no such list: then every codec is worth a try. */
export async function listDecodableCodecs(program: string): Promise<ReadonlySet<string> | undefined> {
  const lines: string[] = [];
  await runProcess({
    program,
    args: ['-hide_banner', '-codecs'],
    limits: { totalMs: LIST_TIMEOUT_MS },
    onLine: (line) => lines.push(line),
  }).catch(() => undefined);
  return readDecodableCodecs(lines);
}
