/** What of an arriving MP4 has to be here before it can be probed: its index, and a little of what follows. */
import { inside, type ReadAt, walkBoxes } from '../ffmpeg/mp4-boxes.ts';

/**
 * Of the pictures. ffprobe looks at some to find out what the streams are, but of an MP4 the index tells nearly all: with
 * 100 KB the plan of 58 files that are encoded, of all kinds, was that of the whole, and of 2 encrypted ones it was not.
 */
const MEDIA_BYTES = 1_000_000;

/** An index with more, in bytes, is not copied for a guess: five hours at 60 pictures a second have about half. */
const MOST_INDEX_BYTES = 64 * 1024 * 1024;

/** `more`: not enough of it is here to say. `none`: the whole file is needed. Else what is needed of it, in bytes. */
export type Front = 'more' | 'none' | { readonly bytes: number };

/**
 * Finds the index of an MP4 in what is here of it. Where the index is behind the pictures it is the last to arrive, and
 * that of a file in fragments does not tell all.
 *
 * @param readAt gives fewer bytes where no more are here.
 * @param sizeBytes of the whole file.
 */
export async function findFront(readAt: ReadAt, sizeBytes: number): Promise<Front> {
  let next = 0;
  let front: number | undefined;
  for await (const box of walkBoxes(readAt, { start: 0, end: sizeBytes })) {
    next = box.start + box.size;
    if (next > sizeBytes || (box.start === 0 && box.type !== 'ftyp')) return 'none';
    if (box.type === 'mdat') return front === undefined ? 'none' : { bytes: Math.min(sizeBytes, front + MEDIA_BYTES) };
    if (box.type !== 'moov') continue;
    if (next > MOST_INDEX_BYTES) return 'none';
    if ((await readAt(next - 1, 1)).length === 0) return 'more';
    for await (const part of walkBoxes(readAt, inside(box))) if (part.type === 'mvex') return 'none';
    front = next;
  }
  // The boxes ended where nothing is yet, or at something that is no box.
  return (await readAt(next, 16)).length < 16 ? 'more' : 'none';
}
