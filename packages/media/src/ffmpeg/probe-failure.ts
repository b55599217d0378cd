/** Why ffprobe found no stream, from its own words. Pure. */
import type { UnreadableCode } from '../plan/media-info.ts';
import { lastLines } from './stderr-lines.ts';

/** ffmpeg's messages, the same from 5.1 to 7.0 (libavformat/utils.c, mov.c; libavutil/imgutils.c). */
const MESSAGES: readonly (readonly [RegExp, UnreadableCode])[] = [
  [/Format not on whitelist/, 'container_not_allowed'],
  [/exceeds specified max pixel count|Picture size [1-9]\d*x[1-9]\d* is invalid/, 'too_many_pixels'],
  [/moov atom not found/, 'moov_missing'],
  // Of a file that was told how much memory it may take (`probe-limits.ts`).
  [/Cannot allocate memory/, 'index_too_large'],
];

export function classifyProbeFailure(stderrTail: string): UnreadableCode {
  return MESSAGES.find(([pattern]) => pattern.test(stderrTail))?.[1] ?? 'invalid_data';
}

/** The line that says why, for a log: the one before ffprobe's closing line, which only repeats the file's name. */
export function tellingLine(stderrTail: string): string {
  const lines = lastLines(stderrTail);
  return lines.filter((line) => !line.startsWith('file:')).at(-1) ?? lines.at(-1)?.replace(/^file:.*?: /, '') ?? '';
}
