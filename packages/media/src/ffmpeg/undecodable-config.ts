/**
 * AAC whose configuration no decoder knows, as that of xHE-AAC to ffmpeg before 7.1: ffprobe ends at such a track
 * without a word about the others ("Could not open codec for input stream 1"), ffmpeg passes over it.
 */
import { constants } from 'node:fs';
import { copyFile, open } from 'node:fs/promises';
import { inside, type ReadAt, type Stretch, walkBoxes } from './mp4-boxes.ts';

/** The index of the stream at which ffprobe ended. */
export function unopenedStream(stderrTail: string): number | undefined {
  const index = /Could not open codec for input stream (\d{1,4})\b/.exec(stderrTail)?.[1];
  return index === undefined ? undefined : Number(index);
}

/**
 * Copies an MP4 and hides the configuration of the AAC in one of its tracks, counted from 0: all else is where it was.
 *
 * @returns false where there is no such track, or no room for a copy
 */
export async function copyWithoutConfig(path: string, copyPath: string, track: number): Promise<boolean> {
  const at = await withFile(path, 'r', async (file) => {
    const { size } = await file.stat();
    return findConfig(reader(file), { start: 0, end: size }, track);
  });
  if (at === undefined) return false;
  try {
    await copyFile(path, copyPath, constants.COPYFILE_FICLONE);
    await withFile(copyPath, 'r+', (file) => file.write('free', at + 4));
    return true;
  } catch {
    return false;
  }
}

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

/** A description of samples takes some hundred bytes. */
const MAX_DESCRIPTION_BYTES = 65_536;

/** Where the `esds` box of a track of `mp4a` starts (ISO/IEC 14496-14). */
async function findConfig(readAt: ReadAt, file: Stretch, track: number): Promise<number | undefined> {
  let within: Stretch | undefined = file;
  for (const [type, number] of [['moov'], ['trak', track], ['mdia'], ['minf'], ['stbl'], ['stsd']] as const) {
    within = await findBox(readAt, within, type, number);
    if (within === undefined) return undefined;
  }
  const length = Math.min(within.end - within.start, MAX_DESCRIPTION_BYTES);
  const description = Buffer.from(await readAt(within.start, length));
  const at = description.indexOf('esds', description.indexOf('mp4a') + 4);
  return description.includes('mp4a') && at >= 4 ? within.start + at - 4 : undefined;
}

async function findBox(readAt: ReadAt, within: Stretch, type: string, number = 0): Promise<Stretch | undefined> {
  let seen = 0;
  for await (const box of walkBoxes(readAt, within)) {
    if (box.type !== type) continue;
    if (seen === number) return inside(box);
    seen += 1;
  }
  return undefined;
}
