/** Writes the index of an MP4 by hand, for files that say of themselves what no program would write. */

export function box(type: string, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([uint32(8 + body.length), Buffer.from(type, 'latin1'), body]);
}

export function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeInt32BE(value | 0, index * 4);
  return bytes;
}

/** What is in the first box of a type, behind its eight bytes. */
export function contentOf(file: Buffer, type: string): Buffer {
  const start = file.indexOf(type) - 4;
  return file.subarray(start + 8, start + file.readUInt32BE(start));
}

export interface IndexOptions {
  /** Descriptions of the samples, as they stand in `stsd`. */
  readonly entries: readonly Buffer[];
  /** What stands beside them in `stbl`. */
  readonly tables: readonly Buffer[];
  /** In ticks, of which a second has {@link TICKS}. */
  readonly duration: number;
  readonly width: number;
  readonly height: number;
  /** More boxes of the track, and of the movie. */
  readonly inTrack?: readonly Buffer[];
  readonly inMovie?: readonly Buffer[];
}

/** Ticks of a second. */
export const TICKS = 1000;

/** A `moov` of one track of video. */
export function movieIndex(options: IndexOptions): Buffer {
  const { entries, tables, duration, width, height, inTrack = [], inMovie = [] } = options;
  const matrix = uint32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
  const table = box('stbl', box('stsd', uint32(0, entries.length), ...entries), ...tables);
  const media = box(
    'mdia',
    box('mdhd', uint32(0, 0, 0, TICKS, duration, 0x55c40000)),
    box('hdlr', uint32(0, 0), Buffer.from('vide'), Buffer.alloc(13)),
    box('minf', box('vmhd', uint32(1, 0, 0)), box('dinf', box('dref', uint32(0, 1), box('url ', uint32(1)))), table),
  );
  const trackHeader = box(
    'tkhd',
    uint32(3, 0, 0, 1, 0, duration, 0, 0, 0, 0),
    matrix,
    uint32(width << 16, height << 16),
  );
  const header = box(
    'mvhd',
    uint32(0, 0, 0, TICKS, duration, 0x10000, 0x01000000, 0, 0),
    matrix,
    Buffer.alloc(24),
    uint32(2),
  );
  return box('moov', header, box('trak', trackHeader, ...inTrack, media), ...inMovie);
}

export const FILE_TYPE = box('ftyp', Buffer.from('isom\0\0\0\0isomavc1'));
/** Of the first sample, where {@link FILE_TYPE} and an `mdat` with it come first. */
export const FIRST_OFFSET = FILE_TYPE.length + 8;

/** The one frame of an MP4, its description, and its size. */
export interface Frame {
  readonly entry: Buffer;
  readonly media: Buffer;
  readonly width: number;
  readonly height: number;
}

/** Takes the frame from an MP4 that has one and nothing else. */
export function readFrame(file: Buffer): Frame {
  const entry = contentOf(file, 'stsd').subarray(8);
  const bytes = contentOf(file, 'stsz').readUInt32BE(4);
  const media = contentOf(file, 'mdat').subarray(0, bytes);
  return { entry, media, width: entry.readUInt16BE(32), height: entry.readUInt16BE(34) };
}

/** An MP4 in which every sample is the same bytes: it is as small as one frame and as long as is wanted. */
export function repeatFrame({ entry, media, width, height }: Frame, count: number, ticksEach: number): Buffer {
  const index = movieIndex({
    entries: [entry],
    tables: [
      box('stts', uint32(0, 1, count, ticksEach)),
      box('stsc', uint32(0, 1, 1, 1, 1)),
      box('stsz', uint32(0, media.length, count)),
      box('stco', uint32(0, count), uint32(...Array<number>(count).fill(FIRST_OFFSET))),
    ],
    duration: count * ticksEach,
    width,
    height,
  });
  return Buffer.concat([FILE_TYPE, box('mdat', media), index]);
}
