/**
 * Counts what the index of an MP4 or MOV declares before ffprobe is let at it: 20 bytes may declare four billion samples,
 * for each of which ffmpeg takes 24 to 60 bytes of memory and ffprobe prints a line (80 million of a 4.6 KB file took
 * 2.5 GB).
 */
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import type { ReadAt, Stretch } from './mp4-boxes.ts';

/** What ffmpeg would hold in memory for the index of a file. */
export interface DeclaredIndex {
  /** Entries for all tracks together, fragments and repetitions by edit lists included. Infinity where it cannot be told. */
  readonly entries: number;
  readonly tracks: number;
  /** Of the edit list with the most. */
  readonly edits: number;
}

/**
 * Boxes that libavformat looks into, wherever they stand (mov.c: mov_default_parse_table, and mov_read_default for an
 * index in `free` and `hoov`); `cmov` holds a compressed index.
 */
const CONTAINERS = new Set(
  'moov free hoov trak mdia minf stbl edts mvex moof traf udta gmhd wave dinf tref meta ilst cmov'.split(' '),
);

/** libavformat goes ten deep (MOV_MAX depth in mov_read_default). */
const MAX_DEPTH = 12;

/** Of a whole file; two hours in fragments of one frame have about as many. */
const MAX_BOXES = 2_000_000;

/** Far more than the index of any file of the years in which indexes were compressed. */
const MAX_COMPRESSED_INDEX_BYTES = 16_000_000;

interface Track {
  isSound: boolean;
  format: string;
  samples: number;
  /** One tick for each sample: ffmpeg then puts many into one entry. */
  hasUnitDurations: boolean;
  chunks: number;
  chunkRuns: readonly { readonly first: number; readonly samples: number }[];
  edits: number;
}

interface Count {
  boxes: number;
  fragmentEntries: number;
  isUncountable: boolean;
  readonly tracks: Track[];
}

const newTrack = (): Track => ({
  isSound: false,
  format: '',
  samples: 0,
  hasUnitDurations: false,
  chunks: 0,
  chunkRuns: [],
  edits: 0,
});

/** Counts; of a file that is no MP4 there is nothing to count. Reads headers of boxes, not the media. */
export async function countDeclared(readAt: ReadAt, fileSize: number): Promise<DeclaredIndex> {
  const count: Count = { boxes: 0, fragmentEntries: 0, isUncountable: false, tracks: [] };
  await countWithin(readAhead(readAt), { start: 0, end: fileSize }, count, 0);
  const entries = count.tracks.reduce((sum, track) => sum + entriesOf(track), count.fragmentEntries);
  const edits = count.tracks.reduce((most, track) => Math.max(most, track.edits), 0);
  return { entries: count.isUncountable ? Infinity : entries, tracks: count.tracks.length, edits };
}

async function countWithin(readAt: ReadAt, { start, end }: Stretch, count: Count, depth: number): Promise<void> {
  for (let at = start; at + 8 <= end; ) {
    count.boxes += 1;
    // What comes behind is left to the limits of ffprobe itself.
    if (count.boxes > MAX_BOXES) return;
    const header = viewOf(await readAt(at, 16));
    if (header.byteLength < 8) return;
    const box = readHeader(header, { at, end });
    if (box === undefined) return;
    await countBox(readAt, box, count, depth);
    at = box.end;
  }
}

interface FoundBox extends Stretch {
  readonly type: string;
  /** Behind the header. */
  readonly body: number;
}

/** Types are not looked at: ffmpeg passes over every one that it does not know. */
function readHeader(header: DataView, { at, end }: { readonly at: number; readonly end: number }) {
  const type = String.fromCharCode(...new Uint8Array(header.buffer, header.byteOffset + 4, 4));
  const size = header.getUint32(0);
  const isLong = size === 1 && header.byteLength >= 16;
  const whole = isLong ? Number(header.getBigUint64(8)) : size === 0 ? end - at : size;
  const headerBytes = isLong ? 16 : 8;
  if (whole < headerBytes) return undefined;
  return { type, start: at, body: at + headerBytes, end: Math.min(end, at + whole) };
}

async function countBox(readAt: ReadAt, box: FoundBox, count: Count, depth: number): Promise<void> {
  if (box.type === 'trak') count.tracks.push(newTrack());
  const track = count.tracks.at(-1);
  if (CONTAINERS.has(box.type)) {
    if (depth < MAX_DEPTH) await countWithin(readAt, { start: box.body, end: box.end }, count, depth + 1);
  } else if (box.type === 'cmvd') await countCompressed(readAt, box, count, depth);
  else if (box.type === 'trun') count.fragmentEntries += await readNumber(readAt, box.body + 4);
  else if (track !== undefined) await READERS[box.type]?.(readAt, box, track);
}

/** What a box says of its track. */
const READERS: Readonly<Record<string, (readAt: ReadAt, box: FoundBox, track: Track) => Promise<void>>> = {
  async hdlr(readAt, { body }, track) {
    track.isSound ||= (await readType(readAt, body + 8)) === 'soun';
  },
  async stsd(readAt, { body }, track) {
    track.format = await readType(readAt, body + 12);
  },
  async stsz(readAt, { body }, track) {
    track.samples = Math.max(track.samples, await readNumber(readAt, body + 8));
  },
  async stz2(readAt, { body }, track) {
    track.samples = Math.max(track.samples, await readNumber(readAt, body + 8));
  },
  async stts(readAt, { body }, track) {
    track.hasUnitDurations = (await readNumber(readAt, body + 4)) === 1 && (await readNumber(readAt, body + 12)) === 1;
  },
  async stco(readAt, { body, end }, track) {
    track.chunks = Math.min(await readNumber(readAt, body + 4), (end - body) / 4);
  },
  async co64(readAt, { body, end }, track) {
    track.chunks = Math.min(await readNumber(readAt, body + 4), (end - body) / 8);
  },
  async stsc(readAt, { body, end }, track) {
    const runs = Math.min(await readNumber(readAt, body + 4), Math.floor((end - body - 8) / 12), MAX_CHUNK_RUNS);
    const table = viewOf(await readAt(body + 8, Math.max(0, runs) * 12));
    track.chunkRuns = Array.from({ length: Math.floor(table.byteLength / 12) }, (_, run) => ({
      first: table.getUint32(run * 12),
      samples: table.getUint32(run * 12 + 4),
    }));
  },
  async elst(readAt, { body, end }, track) {
    track.edits = Math.max(track.edits, Math.min(await readNumber(readAt, body + 4), Math.ceil((end - body) / 12)));
  },
};

/** Beyond it, sound is counted by its samples. */
const MAX_CHUNK_RUNS = 100_000;

/** Sound without frames, of which ffmpeg puts up to 1024 samples into one entry of its index (mov.c, mov_build_index). */
const PLAIN_SOUND = new Set([
  ...['raw ', 'NONE', 'twos', 'sowt', 'lpcm', 'in24', 'in32', 'fl32', 'fl64', 'ipcm', 'fpcm', 'ulaw', 'alaw'],
  ...['ima4', 'MAC3', 'MAC6', 'agsm', 'ms\0\x02', 'ms\0\x11'],
]);
const SAMPLES_PER_ENTRY = 1024;

/** Each edit may show all samples once more. */
const entriesOf = (track: Track): number => samplesAsEntries(track) * Math.max(1, track.edits);

function samplesAsEntries(track: Track): number {
  const { chunkRuns, chunks } = track;
  const isByChunks = track.isSound && track.hasUnitDurations && PLAIN_SOUND.has(track.format);
  if (!isByChunks || chunkRuns.length >= MAX_CHUNK_RUNS) return track.samples;
  return chunkRuns.reduce((sum, { first, samples }, run) => {
    const next = Math.min(chunkRuns[run + 1]?.first ?? Infinity, chunks + 1);
    return sum + Math.max(0, next - first) * Math.ceil(samples / SAMPLES_PER_ENTRY);
  }, 0);
}

async function countCompressed(readAt: ReadAt, box: FoundBox, count: Count, depth: number): Promise<void> {
  const packed = await readAt(box.body + 4, Math.min(box.end - box.body - 4, MAX_COMPRESSED_INDEX_BYTES));
  const index = await promisify(inflate)(packed, { maxOutputLength: MAX_COMPRESSED_INDEX_BYTES }).catch(
    (error: NodeJS.ErrnoException) => {
      // What is damaged cannot be read by ffmpeg either.
      count.isUncountable ||= error.code === 'ERR_BUFFER_TOO_LARGE';
      return Buffer.alloc(0);
    },
  );
  const readIndex: ReadAt = async (position, length) => index.subarray(position, position + length);
  await countWithin(readIndex, { start: 0, end: index.length }, count, depth + 1);
}

/** Large enough for many small boxes, small enough to be read for one. */
const WINDOW_BYTES = 65_536;

/** Serves small reads from a window that is read at once. */
function readAhead(readAt: ReadAt): ReadAt {
  let from = 0;
  let window: Uint8Array = new Uint8Array();
  return async (position, length) => {
    if (length > WINDOW_BYTES) return readAt(position, length);
    if (position < from || position + length > from + window.length) {
      window = await readAt(position, WINDOW_BYTES);
      from = position;
    }
    return window.subarray(position - from, position - from + length);
  };
}

/** 0 behind the end of the file, as ffmpeg reads it. */
async function readNumber(readAt: ReadAt, at: number): Promise<number> {
  const view = viewOf(await readAt(at, 4));
  return view.byteLength < 4 ? 0 : view.getUint32(0);
}

const readType = async (readAt: ReadAt, at: number): Promise<string> =>
  Buffer.from(await readAt(at, 4)).toString('latin1');

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
