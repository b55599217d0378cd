/**
 * ffprobe ends at the first track whose decoder refuses its configuration, without a word about the others ("Could not
 * open codec for input stream 1"): xHE-AAC before 7.1, damaged headers of any codec. ffmpeg passes over such a track.
 */
import { constants } from 'node:fs';
import { chmod, copyFile, open } from 'node:fs/promises';
import { findElement, walkElements } from './matroska-elements.ts';
import { type Box, inside, type ReadAt, type Stretch, walkBoxes } from './mp4-boxes.ts';

/** The index of the stream at which ffprobe ended. */
export function unopenedStream(stderrTail: string): number | undefined {
  const index = /Could not open codec for input stream (\d{1,4})\b/.exec(stderrTail)?.[1];
  return index === undefined ? undefined : Number(index);
}

/** A track that is hidden in a copy. */
export interface HiddenTrack {
  /** Its codec, as its file names it: `mp4a`, `vorbis`. */
  readonly codec: string;
  /** What ffprobe takes for the tag of its codec in the copy. */
  readonly shownAs: string;
}

/** What is written over a copy so that a track is of an unknown codec, and all else is where it was. */
interface Hiding extends HiddenTrack {
  readonly writes: readonly { readonly at: number; readonly bytes: Buffer }[];
}

/**
 * Copies an MP4 or a Matroska file and makes one of its tracks, counted from 0, one of an unknown codec. A picture is not
 * hidden.
 *
 * @returns undefined where there is no such track of sound, or no room for a copy
 */
export async function copyWithHidden(path: string, copyPath: string, track: number): Promise<HiddenTrack | undefined> {
  const hiding = await withFile(path, 'r', async (file) => {
    const whole = { start: 0, end: (await file.stat()).size };
    return (await hideInMp4(reader(file), whole, track)) ?? (await hideInMatroska(reader(file), whole, track));
  });
  if (hiding === undefined) return undefined;
  const { codec, shownAs, writes } = hiding;
  try {
    await copyFile(path, copyPath, constants.COPYFILE_FICLONE);
    // A source that may only be read gives a copy that may only be read.
    await chmod(copyPath, 0o600);
    await withFile(copyPath, 'r+', async (file) => {
      for (const { at, bytes } of writes) await file.write(bytes, 0, bytes.length, at);
    });
    return { codec, shownAs };
  } catch {
    return undefined;
  }
}

/** AudioSampleEntry (ISO/IEC 14496-12 §12.2.3): header 8, SampleEntry 8, then 20; QuickTime's version is the first of those. */
const VERSION_AT = 16;
const FIXED_BYTES = 36;

/** ffmpeg knows no such codec. */
const HIDDEN_TAG = 'hide';

async function hideInMp4(readAt: ReadAt, file: Stretch, track: number): Promise<Hiding | undefined> {
  const entry = await findSampleEntry(readAt, file, track);
  if (entry === undefined) return undefined;
  // What describes the codec, boxes after the fixed fields, becomes one box that says nothing.
  const rest = Buffer.from('....free');
  rest.writeUInt32BE(entry.size - FIXED_BYTES);
  return {
    codec: entry.type,
    shownAs: HIDDEN_TAG,
    writes: [
      { at: entry.start + 4, bytes: Buffer.from(HIDDEN_TAG) },
      { at: entry.start + VERSION_AT, bytes: Buffer.alloc(2) },
      { at: entry.start + FIXED_BYTES, bytes: rest },
    ],
  };
}

/** Elements of Matroska (RFC 9559 §5.1), and the type of a track with sound. */
const SEGMENT = 0x18_53_80_67;
const TRACKS = 0x16_54_ae_6b;
const TRACK_ENTRY = 0xae;
const TRACK_TYPE = 0x83;
const CODEC_ID = 0x86;
const SOUND = 2;
/** What ffprobe prints for no tag. */
const NO_TAG = '[0][0][0][0]';
/** `A_MS/ACM` and its kind are short; a longer name is made up. Bytes. */
const MAX_CODEC_ID = 100;

async function hideInMatroska(readAt: ReadAt, file: Stretch, track: number): Promise<Hiding | undefined> {
  const tracks = await findElement(readAt, file, [SEGMENT, TRACKS]);
  if (tracks === undefined) return undefined;
  let left = track;
  for await (const entry of walkElements(readAt, tracks)) {
    if (entry.id !== TRACK_ENTRY || left-- > 0) continue;
    const type = await findElement(readAt, entry, [TRACK_TYPE]);
    const codec = await findElement(readAt, entry, [CODEC_ID]);
    if (type === undefined || codec === undefined || codec.end - codec.start > MAX_CODEC_ID) return undefined;
    if ((await readAt(type.end - 1, 1))[0] !== SOUND) return undefined;
    const name = Buffer.from(await readAt(codec.start, codec.end - codec.start)).toString('latin1');
    return {
      codec: name.replace(/^A_/, '').toLowerCase(),
      shownAs: NO_TAG,
      writes: [{ at: codec.start, bytes: Buffer.from('A_'.padEnd(name.length, '-').slice(0, name.length)) }],
    };
  }
  return undefined;
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
