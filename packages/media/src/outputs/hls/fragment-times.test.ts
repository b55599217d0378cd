import { describe, expect, it } from 'vitest';
import { readFragmentTimes, readTrackClock, type TrackClock } from './fragment-times.ts';

const u32 = (...values: number[]) => {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach(
    (value, index) => void (value < 0 ? bytes.writeInt32BE(value, index * 4) : bytes.writeUInt32BE(value, index * 4)),
  );
  return bytes;
};
const box = (type: string, ...contents: Buffer[]) => {
  const content = Buffer.concat(contents);
  return Buffer.concat([u32(content.length + 8), Buffer.from(type, 'latin1'), content]);
};
const from = (bytes: Buffer) =>
  [async (at: number, length: number) => bytes.subarray(at, at + length), bytes.length] as const;
const times = (bytes: Buffer, clock: TrackClock = { timescale: 1000, defaultDuration: 40 }) =>
  readFragmentTimes(...from(bytes), clock);

/** Frames 0, 80 and 40 ms after the decode time in the order of decoding, as B-frames are. */
const trun = (version: number, offsets: readonly number[]) =>
  box('trun', u32((version << 24) | 0x8_00, offsets.length, ...offsets));
const fragment = (start: number, ...truns: Buffer[]) =>
  box('moof', box('traf', box('tfhd', u32(0, 1)), box('tfdt', u32(0, start)), ...truns));

describe('readFragmentTimes', () => {
  it('adds composition offsets to decode times, and knows no order but that of showing', async () => {
    expect(await times(fragment(1000, trun(1, [0, 40, -40])))).toEqual({
      frames: 3,
      firstSeconds: 1,
      lastSeconds: 1.08,
      endSeconds: 1.12,
      largestGapSeconds: 0.04,
    });
  });

  it('ends with the last frame that is shown, however long one before it is decoded', async () => {
    const durations = box('trun', u32((1 << 24) | 0x9_00, 3, 40, 0, 400, 80, 40, -360));
    expect(await times(fragment(0, durations))).toMatchObject({ lastSeconds: 0.12, endSeconds: 0.52 });
    const late = box('trun', u32((1 << 24) | 0x9_00, 3, 400, 0, 40, -360, 40, 0));
    expect(await times(fragment(0, late))).toMatchObject({ lastSeconds: 0.44, endSeconds: 0.48 });
  });

  it('reads an offset of version 0 without a sign, as browsers do', async () => {
    const read = await times(fragment(0, trun(0, [0, 40, -40])));
    expect(read?.lastSeconds).toBeGreaterThan(4_000_000);
  });

  it('takes durations from where they are: the run, the fragment, the track', async () => {
    const own = box('trun', u32(0x1_00, 2, 100, 200));
    const byFragment = box(
      'moof',
      box('traf', box('tfhd', u32(0x8, 1, 500)), box('tfdt', u32(0, 0)), box('trun', u32(0, 2))),
    );
    expect((await times(fragment(0, own)))?.endSeconds).toBe(0.3);
    expect((await times(byFragment))?.endSeconds).toBe(1);
    expect((await times(fragment(0, box('trun', u32(0, 2)))))?.endSeconds).toBe(0.08);
  });

  it('reads several fragments, and long decode times', async () => {
    const long = box('tfdt', u32(0x1_00_00_00, 1, 0));
    const late = box('moof', box('traf', box('tfhd', u32(0, 1)), long, trun(1, [0])));
    const read = await times(Buffer.concat([fragment(0, trun(1, [0])), box('mdat', Buffer.alloc(9)), late]));
    expect(read).toMatchObject({ frames: 2, lastSeconds: 2 ** 32 / 1000, largestGapSeconds: 2 ** 32 / 1000 });
  });

  it.each<[string, Buffer]>([
    ['no fragment', box('mdat', Buffer.alloc(100))],
    ['no decode time', box('moof', box('traf', box('tfhd', u32(0, 1)), trun(1, [0])))],
    ['a run that claims 80 million frames', fragment(0, box('trun', u32(0x8_00, 80_000_000, 0)))],
    ['a fragment that is cut off', fragment(0, trun(1, [0])).subarray(0, 40)],
  ])('says nothing of a file with %s', async (_, bytes) => {
    expect(await times(bytes)).toBeUndefined();
  });
});

describe('readTrackClock', () => {
  const moov = (mdhd: Buffer, ...more: Buffer[]) =>
    box('moov', box('mvhd', u32(0)), box('trak', box('tkhd', u32(0)), box('mdia', mdhd)), ...more);

  it('reads both versions, and the default duration', async () => {
    const old = moov(box('mdhd', u32(0, 0, 0, 90_000, 0)), box('mvex', box('trex', u32(0, 1, 1, 3000, 0, 0))));
    expect(await readTrackClock(...from(old))).toEqual({ timescale: 90_000, defaultDuration: 3000 });
    const long = moov(box('mdhd', u32(0x1_00_00_00, 0, 0, 0, 0, 48_000)));
    expect(await readTrackClock(...from(long))).toEqual({ timescale: 48_000, defaultDuration: 0 });
  });

  it('says nothing where there is no clock', async () => {
    expect(await readTrackClock(...from(box('moov')))).toBeUndefined();
    expect(await readTrackClock(...from(moov(box('mdhd', u32(0, 0, 0, 0, 0)))))).toBeUndefined();
  });
});
