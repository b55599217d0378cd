/** Recognises video without a container by how its stream begins, and kinds of video that file-type does not know. Pure. */

/** A stream as ffmpeg's demuxers call it. */
export type StreamFormat = 'dhav' | 'dv' | 'h264' | 'hevc' | 'ivf' | 'm4v' | 'mpegvideo';

export interface SniffedStream {
  /** For a sentence: `a DV recording`. */
  readonly name: string;
  /** `undefined` for what is only named, not read. */
  readonly format?: StreamFormat;
}

type Recognizes = (bytes: Buffer) => boolean;

/** The first bytes, in hexadecimal. */
const startsWith =
  (...starts: string[]): Recognizes =>
  (bytes) =>
    starts.some((start) => bytes.subarray(0, start.length / 2).toString('hex') === start);

/**
 * Annex B of ITU-T H.264 and H.265: units behind start codes, the parameter sets among the first. They must all be there:
 * three zeros and a one are in any file.
 */
const hasUnits =
  (first: readonly number[], needed: readonly number[], typeOf: (header: Buffer) => number | undefined): Recognizes =>
  (bytes) => {
    const code = Buffer.from([0, 0, 1]);
    const types: (number | undefined)[] = [];
    let at = bytes.indexOf(code);
    if (at > 1 || at < 0) return false;
    for (; at >= 0; at = bytes.indexOf(code, at + 3)) types.push(typeOf(bytes.subarray(at + 3)));
    return first.includes(types[0] ?? -1) && needed.every((type) => types.includes(type));
  };

/** The forbidden bit is 0; five bits are the type (table 7-1): 6 to 9 are remarks, parameter sets and a delimiter. */
const isH264 = hasUnits([6, 7, 9], [7, 8], ([byte = 0x80]) => (byte < 0x80 ? byte & 0x1f : undefined));

/** Six bits are the type (table 7-1): 32 to 35 are parameter sets and a delimiter, 39 remarks. */
const isHevc = hasUnits([32, 35, 39], [32, 33, 34], ([byte = 0x80, next]) =>
  byte < 0x80 && next === 1 ? byte >> 1 : undefined,
);

const STREAMS: readonly (readonly [SniffedStream, Recognizes])[] = [
  // A header block of 525/60 or 625/50 (IEC 61834-2).
  [{ name: 'a DV recording', format: 'dv' }, startsWith('1f07003f', '1f0700bf')],
  [{ name: 'an IVF video', format: 'ivf' }, startsWith('444b4946')],
  [{ name: 'an MPEG video without a container', format: 'mpegvideo' }, startsWith('000001b3')],
  [
    { name: 'an MPEG-4 video without a container', format: 'm4v' },
    startsWith('000001b0', '000001b5', '0000010000000120'),
  ],
  [{ name: 'an H.264 video without a container', format: 'h264' }, isH264],
  [{ name: 'an HEVC video without a container', format: 'hevc' }, isHevc],
  [{ name: 'a recording of a Dahua camera (.dav)', format: 'dhav' }, startsWith('44484156', '4441485541')],
  [{ name: 'a NUT video' }, startsWith(Buffer.from('nut/multimedia container\0').toString('hex'))],
  [{ name: 'an uncompressed video (Y4M)' }, startsWith(Buffer.from('YUV4MPEG2 ').toString('hex'))],
];

export function describeStream(bytes: Uint8Array): SniffedStream | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return STREAMS.find(([, recognizes]) => recognizes(buffer))?.[0];
}
