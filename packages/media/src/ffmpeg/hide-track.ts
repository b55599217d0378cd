/**
 * ffprobe ends at the first track whose decoder refuses its configuration, without a word about the others ("Could not
 * open codec for input stream 1"): xHE-AAC before 7.1, damaged headers of any codec. ffmpeg passes over such a track.
 */
import { constants } from 'node:fs';
import { chmod, copyFile, open } from 'node:fs/promises';
import { type Box, inside, type ReadAt, type Stretch, walkBoxes } from './mp4-boxes.ts';

/** The index of the stream at which ffprobe ended. */
export function unopenedStream(stderrTail: string): number | undefined {
  const index = /Could not open codec for input stream (\d{1,4})\b/.exec(stderrTail)?.[1];
  return index === undefined ? undefined : Number(index);
}

/** What a hidden track is called in its copy; ffmpeg knows no such codec. */
export const HIDDEN_TAG = 'hide';

/**
 * Copies an MP4 and makes one of its tracks, counted from 0, one of an unknown codec: all else is where it was. A
 * picture is not hidden.
 *
 * @returns the four-character code that was hidden; undefined where there is no such track of sound, or no room for a copy
 */
export async function copyWithHidden(path: string, copyPath: string, track: number): Promise<string | undefined> {
  const entry = await withFile(path, 'r', async (file) => {
    const { size } = await file.stat();
    return findSampleEntry(reader(file), { start: 0, end: size }, track);
  });
  if (entry === undefined) return undefined;
  try {
    await copyFile(path, copyPath, constants.COPYFILE_FICLONE);
    // A source that may only be read gives a copy that may only be read.
    await chmod(copyPath, 0o600);
    await withFile(copyPath, 'r+', async (file) => {
      await file.write(HIDDEN_TAG, entry.start + 4);
      await file.write(Buffer.alloc(2), 0, 2, entry.start + VERSION_AT);
      // What describes the codec, boxes after the fixed fields, becomes one box that says nothing.
      const rest = Buffer.from('....free');
      rest.writeUInt32BE(entry.size - FIXED_BYTES);
      await file.write(rest, 0, rest.length, entry.start + FIXED_BYTES);
    });
    return entry.type;
  } catch {
    return undefined;
  }
}

/** AudioSampleEntry (ISO/IEC 14496-12 §12.2.3): header 8, SampleEntry 8, then 20; QuickTime's version is the first of those. */
const VERSION_AT = 16;
const FIXED_BYTES = 36;

type File = Awaited<ReturnType<typeof open>>;

async function withFile<T>(path: string, flags: string, work: (file: File) => Promise<T>): Promise<T> {
  const file = await open(path, flags);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

const reader =
  (file: File): ReadAt =>
  async (position, length) => {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
  };

/** The first description of a track's samples, where the track is one of sound. */
async function findSampleEntry(readAt: ReadAt, file: Stretch, track: number): Promise<Box | undefined> {
  const media = await findBox(readAt, file, ['moov', 'trak', 'mdia'], track);
  const handler = media && (await findBox(readAt, inside(media), ['hdlr']));
  const samples = media && (await findBox(readAt, inside(media), ['minf', 'stbl', 'stsd']));
  if (handler === undefined || samples === undefined) return undefined;
  if (Buffer.from(await readAt(handler.start + 16, 4)).toString('latin1') !== 'soun') return undefined;
  const { start, end } = inside(samples);
  for await (const entry of walkBoxes(readAt, { start: start + 8, end })) {
    return entry.size >= FIXED_BYTES + 8 && entry.start + entry.size <= end ? entry : undefined;
  }
  return undefined;
}

/** A box by its path; of tracks, the one of that number. */
async function findBox(readAt: ReadAt, within: Stretch, path: readonly string[], track = 0): Promise<Box | undefined> {
  const [type, ...rest] = path;
  let skipped = 0;
  for await (const box of walkBoxes(readAt, within)) {
    if (box.type !== type || (type === 'trak' && skipped++ < track)) continue;
    return rest.length === 0 ? box : findBox(readAt, inside(box), rest, track);
  }
  return undefined;
}
