/** Why a file is no video, from what ffprobe says and how it begins. Pure. */
import type { UnreadableCode, UnreadableMedia } from '../plan/media-info.ts';
import type { Content } from '../sniff/sniff-content.ts';
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

/** What ffprobe makes nothing of, while its first bytes say what it is, is simply not a video. */
export function sharpenByContent(code: UnreadableCode, content: Content): UnreadableCode {
  return code === 'invalid_data' && content.kind === 'other' ? 'container_not_allowed' : code;
}

export interface UnreadableFile {
  readonly sizeBytes: number;
  readonly code: UnreadableCode;
  /** For the log. */
  readonly detail: string;
  /** `undefined` where nothing was looked at. */
  readonly content?: Content | undefined;
}

export function unreadable({ content, sizeBytes, code, detail }: UnreadableFile): UnreadableMedia {
  return { readable: false, sizeBytes, code, lookedLike: content?.name, isVideo: content?.kind === 'media', detail };
}
