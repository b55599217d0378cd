/** Reads a part: a fragmented MP4 of one track. What is in it is read as it stands, by no clock but its own. */
import { createHash } from 'node:crypto';
import { inputSize } from '../ffmpeg/input-file.ts';
import { type ReadAt, walkBoxes } from '../ffmpeg/mp4-boxes.ts';
import { withFile } from '../ffmpeg/mp4-layout-file.ts';
import { readShownFrames, readTrackClock } from '../outputs/hls/fragment-times.ts';

export interface PartFile {
  /** Ticks in a second. */
  readonly timescale: number;
  /** When its frames are shown, in the order of showing. */
  readonly ticks: readonly number[];
  /** Where its fragments begin and end, in bytes. */
  readonly fragments: { readonly start: number; readonly end: number };
  /** A digest of what stands before them, the parameters of the codec among it. */
  readonly head: string;
  /** Whether its first frame needs none before it; `undefined` of codecs whose key frames never do. */
  readonly beginsAnew: boolean | undefined;
}

/** The parameters of a codec are some hundred bytes; a table of colours may be some thousand. */
const MOST_HEAD_BYTES = 1_000_000;

/** Parameter sets and notes that stand before a frame; an SEI may be large. */
const MOST_UNITS = 100;

/** The boxes with a decoder's parameters: where in them the size of the lengths is, and what a frame that begins anew is. */
const UNITS = {
  // ISO/IEC 14496-15 §5.3.3.1; ITU-T H.264 table 7-1: 1 to 5 hold a picture, 5 one that begins anew.
  avcC: {
    sizeAt: 4,
    typeOf: (byte: number) => byte & 0x1f,
    isPicture: (type: number) => type >= 1 && type <= 5,
    anew: [5],
  },
  // §8.3.3.1; ITU-T H.265 table 7-1: 0 to 31 hold a picture, 19 and 20 one that begins anew.
  hvcC: {
    sizeAt: 21,
    typeOf: (byte: number) => (byte >> 1) & 0x3f,
    isPicture: (type: number) => type <= 31,
    anew: [19, 20],
  },
} as const;

/** `undefined` when it is no part. */
export async function readPartFile(path: string): Promise<PartFile | undefined> {
  const sizeBytes = await inputSize(path);
  return withFile(path, async (readAt) => {
    const clock = await readTrackClock(readAt, sizeBytes);
    const shown = clock && (await readShownFrames(readAt, sizeBytes, clock));
    const fragments = await findFragments(readAt, sizeBytes);
    if (clock === undefined || shown === undefined || fragments === undefined) return undefined;
    if (fragments.start > MOST_HEAD_BYTES) return undefined;
    const head = Buffer.from(await readAt(0, fragments.start));
    return {
      timescale: clock.timescale,
      ticks: shown.map(([from]) => from),
      fragments,
      head: createHash('sha256').update(head).digest('hex'),
      beginsAnew: await beginsAnew(readAt, head, fragments.firstMedia),
    };
  });
}

async function findFragments(readAt: ReadAt, sizeBytes: number) {
  let start: number | undefined;
  let firstMedia: number | undefined;
  let end = 0;
  for await (const box of walkBoxes(readAt, { start: 0, end: sizeBytes })) {
    if (box.type === 'moof') start ??= box.start;
    if (box.type !== 'mdat' || start === undefined) continue;
    firstMedia ??= box.start + 8;
    end = box.start + box.size;
  }
  return start === undefined || firstMedia === undefined ? undefined : { start, end, firstMedia };
}

async function beginsAnew(readAt: ReadAt, head: Buffer, position: number): Promise<boolean | undefined> {
  for (const [box, { sizeAt, typeOf, isPicture, anew }] of Object.entries(UNITS)) {
    const record = head.indexOf(box, 0, 'latin1') + 4;
    if (record < 4) continue;
    const lengthBytes = ((head[record + sizeAt] ?? 3) & 3) + 1;
    let at = position;
    for (let seen = 0; seen < MOST_UNITS; seen += 1) {
      const unit = Buffer.from(await readAt(at, lengthBytes + 1));
      if (unit.length <= lengthBytes) return false;
      const type = typeOf(unit[lengthBytes] ?? 0);
      if (isPicture(type)) return (anew as readonly number[]).includes(type);
      at += lengthBytes + unit.readUIntBE(0, lengthBytes);
    }
    return false;
  }
  return undefined;
}
