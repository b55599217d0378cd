/** Byte ranges of a GET (RFC 9110, 14.1 and 14.2). */
import { REFUSALS } from './storage-error.ts';

/** Both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The range that is asked for, cut to the object; undefined for the whole: no header, another unit, or several ranges,
 * which a server may ignore.
 * @throws StorageError InvalidRange when nothing of the object lies in it
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const first = match[1] === '' ? undefined : Number(match[1]);
  const last = match[2] === '' ? undefined : Number(match[2]);
  if (first === undefined) {
    const length = Math.min(last ?? 0, size);
    if (length === 0) throw REFUSALS.badRange();
    return { start: size - length, end: size - 1 };
  }
  if (last !== undefined && last < first) return undefined;
  if (first >= size) throw REFUSALS.badRange();
  return { start: first, end: Math.min(last ?? size - 1, size - 1) };
}
