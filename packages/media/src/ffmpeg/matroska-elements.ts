/** Walks the elements of a Matroska or WebM file (RFC 8794 §4 to §6). */
import type { ReadAt, Stretch } from './mp4-boxes.ts';

export interface Element extends Stretch {
  /** With its marker, as the specification writes it: `0x1654ae6b`. */
  readonly id: number;
}

/** A whole film has some thousands of clusters; a file that claims more is not walked to its end. */
const MAX_ELEMENTS = 20_000;
const LONGEST_ID = 4;
const LONGEST_SIZE = 8;

/**
 * The contents of the elements of a stretch, one by one. Ends quietly where the stretch does, or where it no longer looks
 * like elements; one of unknown size reaches to the end of the stretch.
 */
export async function* walkElements(readAt: ReadAt, { start, end }: Stretch): AsyncGenerator<Element> {
  let at = start;
  for (let seen = 0; seen < MAX_ELEMENTS && at < end; seen += 1) {
    const header = await readAt(at, LONGEST_ID + LONGEST_SIZE);
    const idBytes = Math.clz32(header[0] ?? 0) - 23;
    const size = readSize(header.subarray(idBytes));
    if (idBytes > LONGEST_ID || size === undefined) return;
    const id = header.subarray(0, idBytes).reduce((value, byte) => value * 256 + byte, 0);
    const content = at + idBytes + size.bytes;
    const next = size.value === undefined ? end : content + size.value;
    yield { id, start: content, end: Math.min(next, end) };
    at = next;
  }
}

/** Leading zeros tell how many bytes it takes; all ones stand for a size that is not known. */
function readSize(bytes: Uint8Array): { readonly bytes: number; readonly value: number | undefined } | undefined {
  const first = bytes[0] ?? 0;
  const length = Math.clz32(first) - 23;
  if (length > LONGEST_SIZE || bytes.length < length) return undefined;
  const mask = 0xff >> length;
  const rest = bytes.subarray(1, length);
  const isUnknown = (first & mask) === mask && rest.every((byte) => byte === 0xff);
  const value = rest.reduce((sum, byte) => sum * 256 + byte, first & mask);
  return { bytes: length, value: isUnknown ? undefined : value };
}

/** The first element at a path of ids. */
export async function findElement(
  readAt: ReadAt,
  stretch: Stretch,
  [id, ...rest]: readonly number[],
): Promise<Element | undefined> {
  for await (const element of walkElements(readAt, stretch)) {
    if (element.id === id) return rest.length === 0 ? element : findElement(readAt, element, rest);
  }
  return undefined;
}
