/** Walks the boxes of an MP4 or MOV file: where its index is, and what only the boxes tell. */
import type { Mp4Layout } from '../plan/media-info.ts';

/** Reads up to `length` bytes at `position`; fewer at the end of the file. */
export type ReadAt = (position: number, length: number) => Promise<Uint8Array>;

export interface Box {
  readonly type: string;
  readonly start: number;
  /** Header included; reaches past the end of a file that was cut off. */
  readonly size: number;
}

/** A whole film has a handful; a file that claims more is not walked to its end. */
const MAX_BOXES = 10_000;

/** A stretch of the file in which boxes follow each other. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/**
 * The boxes of a stretch, one by one. Ends quietly where the stretch does, or where it no longer looks like boxes.
 * Sizes as ISO/IEC 14496-12 §4.2 has them: 32 bits; 1 for a 64-bit size that follows; 0 for "to the end of the file".
 */
export async function* walkBoxes(readAt: ReadAt, { start, end }: Stretch): AsyncGenerator<Box> {
  let at = start;
  for (let seen = 0; seen < MAX_BOXES && at + 8 <= end; seen += 1) {
    const header = await readAt(at, 16);
    const size = readSize(header, end - at);
    const type = Buffer.from(header.subarray(4, 8)).toString('latin1');
    if (size === undefined || !/^[\x20-\x7e\xa9]{4}$/.test(type)) return;
    yield { type, start: at, size };
    at += size;
  }
}

/** `undefined` when the file has no index at its top level: then it is no MP4 that plays. */
export async function readMp4Layout(readAt: ReadAt, fileSize: number): Promise<Mp4Layout | undefined> {
  let moov: Box | undefined;
  let mdat: Box | undefined;
  let fragmented = false;
  for await (const box of walkBoxes(readAt, { start: 0, end: fileSize })) {
    if (box.type === 'moov') moov ??= box;
    if (box.type === 'mdat') mdat ??= box;
    if (box.type === 'moof') {
      fragmented = true;
      break;
    }
  }
  if (moov === undefined) return undefined;
  return {
    moovFirst: mdat === undefined || moov.start < mdat.start,
    fragmented,
    durationUnknown: await hasUnknownDuration(readAt, moov),
  };
}

/** Any track whose media header leaves its duration open. */
async function hasUnknownDuration(readAt: ReadAt, moov: Box): Promise<boolean> {
  for await (const track of walkBoxes(readAt, inside(moov))) {
    if (track.type !== 'trak') continue;
    for await (const media of walkBoxes(readAt, inside(track))) {
      if (media.type !== 'mdia') continue;
      for await (const header of walkBoxes(readAt, inside(media))) {
        if (header.type === 'mdhd' && isAllOnes(await readAt(header.start + 8, 32))) return true;
      }
    }
  }
  return false;
}

/** "If the duration cannot be determined then duration is set to all 1s" (ISO/IEC 14496-12 §8.4.2). */
function isAllOnes(mediaHeader: Uint8Array): boolean {
  const duration = mediaHeader[0] === 1 ? mediaHeader.subarray(24, 32) : mediaHeader.subarray(16, 20);
  return duration.length > 0 && duration.every((byte) => byte === 0xff);
}

/** What is in a box that holds boxes and nothing before them. */
export function inside({ start, size }: Box): Stretch {
  return { start: start + 8, end: start + size };
}

function readSize(header: Uint8Array, left: number): number | undefined {
  if (header.length < 8) return undefined;
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const size = view.getUint32(0);
  if (size === 0) return left;
  if (size !== 1) return size >= 8 ? size : undefined;
  if (header.length < 16) return undefined;
  const large = Number(view.getBigUint64(8));
  return large >= 16 && Number.isSafeInteger(large) ? large : undefined;
}
