/**
 * Reads when the frames of a fragmented MP4 are shown, as a browser's Media Source Extensions do: by `tfdt` and `trun`,
 * without edit lists (ISO/IEC 14496-12 §8.8). ffprobe applies edit lists, and so sees another clock than a viewer.
 */
import { type Box, type ReadAt, walkBoxes } from '../../ffmpeg/mp4-boxes.ts';

/** What an initialization segment says of its one track. */
export interface TrackClock {
  /** Ticks in a second. */
  readonly timescale: number;
  /** Of a sample whose fragment does not say, in ticks. */
  readonly defaultDuration: number;
}

/** The frames of one segment, or the audio packets: seconds on the clock of the whole stream. */
export interface FragmentTimes {
  readonly frames: number;
  /** When the first frame in the order of showing is shown, the last one, and when that ends. */
  readonly firstSeconds: number;
  readonly lastSeconds: number;
  readonly endSeconds: number;
  /** The longest time from one frame to the next. */
  readonly largestGapSeconds: number;
}

/** A segment of an hour at 120 frames per second has 7 MB of these; no honest one more. */
const MAX_HEADER_BYTES = 8_000_000;

/** `undefined` when there is no track with a clock in it. */
export async function readTrackClock(readAt: ReadAt, sizeBytes: number): Promise<TrackClock | undefined> {
  const moov = await readHeader(readAt, sizeBytes, 'moov');
  const mdhd = moov && findBox(moov, ['trak', 'mdia', 'mdhd']);
  if (moov === undefined || mdhd === undefined) return undefined;
  const timescale = mdhd.getUint32(mdhd.getUint8(0) === 1 ? 20 : 12);
  const trex = findBox(moov, ['mvex', 'trex']);
  return timescale === 0 ? undefined : { timescale, defaultDuration: trex?.getUint32(12) ?? 0 };
}

/** `undefined` when there is no frame in it, or something that looks like none. */
export async function readFragmentTimes(
  readAt: ReadAt,
  sizeBytes: number,
  clock: TrackClock,
): Promise<FragmentTimes | undefined> {
  const shown = await readShownFrames(readAt, sizeBytes, clock);
  if (shown === undefined) return undefined;
  let gap = 0;
  for (const [at, [from]] of shown.entries()) gap = Math.max(gap, from - (shown[at - 1]?.[0] ?? from));
  const [last, lasts] = shown.at(-1) ?? [0, 0];
  const seconds = (ticks: number) => ticks / clock.timescale;
  return {
    frames: shown.length,
    firstSeconds: seconds(shown[0]?.[0] ?? 0),
    lastSeconds: seconds(last),
    // Of the others, a duration is the step to the next in the order of decoding: it ends none of them.
    endSeconds: seconds(last + lasts),
    largestGapSeconds: seconds(gap),
  };
}

/** A frame: when it is shown, and for how long unless another one comes between; in ticks. */
export type ShownFrame = readonly [from: number, ticks: number];

/** In the order of showing; `undefined` when there is no frame, or something that looks like none. */
export async function readShownFrames(
  readAt: ReadAt,
  sizeBytes: number,
  clock: TrackClock,
): Promise<readonly ShownFrame[] | undefined> {
  const shown: [from: number, ticks: number][] = [];
  for await (const box of walkBoxes(readAt, { start: 0, end: sizeBytes })) {
    if (box.type !== 'moof') continue;
    const moof = await readContent(readAt, box);
    if (moof === undefined) return undefined;
    for (const traf of listBoxes(moof, 'traf')) if (!addFrames(traf, clock, shown)) return undefined;
  }
  return shown.length === 0 ? undefined : shown.sort(([a], [b]) => a - b);
}

/** Flags of `tfhd` and `trun` that say which fields are there (§8.8.7, §8.8.8). */
const TFHD = { baseDataOffset: 0x1, sampleDescription: 0x2, defaultDuration: 0x8 };
const TRUN = { dataOffset: 0x1, firstFlags: 0x4, duration: 0x100, size: 0x200, flags: 0x400, compositionOffset: 0x800 };

/** Adds the frames of one track fragment; `false` when it is cut off or has no decode time. */
function addFrames(traf: DataView, clock: TrackClock, shown: [number, number][]): boolean {
  const [tfhd] = listBoxes(traf, 'tfhd');
  const [tfdt] = listBoxes(traf, 'tfdt');
  if (tfhd === undefined || tfdt === undefined) return false;
  const flags = tfhd.getUint32(0) & 0xff_ff_ff;
  const before = (flags & TFHD.baseDataOffset ? 8 : 0) + (flags & TFHD.sampleDescription ? 4 : 0);
  const defaultDuration = flags & TFHD.defaultDuration ? tfhd.getUint32(8 + before) : clock.defaultDuration;
  let decodeTime = tfdt.getUint8(0) === 1 ? Number(tfdt.getBigUint64(4)) : tfdt.getUint32(4);
  for (const trun of listBoxes(traf, 'trun')) {
    const has = trun.getUint32(0) & 0xff_ff_ff;
    const isSigned = trun.getUint8(0) > 0;
    const count = trun.getUint32(4);
    const optional = [TRUN.duration, TRUN.size, TRUN.flags, TRUN.compositionOffset].filter((flag) => has & flag);
    const start = 8 + (has & TRUN.dataOffset ? 4 : 0) + (has & TRUN.firstFlags ? 4 : 0);
    if (start + count * optional.length * 4 > trun.byteLength) return false;
    for (let sample = 0; sample < count; sample += 1) {
      const row = start + sample * optional.length * 4;
      const ticks = has & TRUN.duration ? trun.getUint32(row) : defaultDuration;
      const field = row + (optional.length - 1) * 4;
      const offset = has & TRUN.compositionOffset ? (isSigned ? trun.getInt32(field) : trun.getUint32(field)) : 0;
      shown.push([decodeTime + offset, ticks]);
      decodeTime += ticks;
    }
  }
  return true;
}

async function readHeader(readAt: ReadAt, sizeBytes: number, type: string): Promise<DataView | undefined> {
  for await (const box of walkBoxes(readAt, { start: 0, end: sizeBytes })) {
    if (box.type === type) return readContent(readAt, box);
  }
  return undefined;
}

async function readContent(readAt: ReadAt, { start, size }: Box): Promise<DataView | undefined> {
  if (size < 8 || size > MAX_HEADER_BYTES) return undefined;
  const bytes = await readAt(start + 8, size - 8);
  return bytes.length === size - 8 ? viewOf(bytes) : undefined;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The contents of the boxes of a type directly inside a box. */
function listBoxes(parent: DataView, type: string): DataView[] {
  const found: DataView[] = [];
  for (let at = 0; at + 8 <= parent.byteLength; ) {
    const size = parent.getUint32(at);
    if (size < 8 || at + size > parent.byteLength) break;
    const name = String.fromCharCode(...[4, 5, 6, 7].map((offset) => parent.getUint8(at + offset)));
    if (name === type) found.push(new DataView(parent.buffer, parent.byteOffset + at + 8, size - 8));
    at += size;
  }
  return found;
}

/** The first box at a path below a box. */
function findBox(parent: DataView, path: readonly string[]): DataView | undefined {
  return path.reduce<DataView | undefined>((inside, type) => inside && listBoxes(inside, type)[0], parent);
}
