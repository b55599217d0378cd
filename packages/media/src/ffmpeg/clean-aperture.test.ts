import { box, uint32 } from '@supabase-media/test-support/mp4-index';
import { describe, expect, it } from 'vitest';
import { clap } from '../../test/support/mp4-writer.ts';
import { fitAperture, readCleanApertures } from './clean-aperture.ts';

function track(id: number, extra: Buffer, version = 0): Buffer {
  const times = version === 1 ? uint32(0, 0, 0, 0) : uint32(0, 0);
  const entry = box('avc1', Buffer.alloc(78), box('avcC', Buffer.alloc(20)), extra);
  const table = box('stbl', box('stsd', uint32(0, 1), entry));
  const header = box('tkhd', uint32(version << 24), times, uint32(id), Buffer.alloc(72));
  return box('trak', header, box('mdia', box('minf', table)));
}

async function read(...tracks: Buffer[]) {
  const file = Buffer.concat([box('ftyp'), box('mdat', Buffer.alloc(9)), box('moov', ...tracks)]);
  return [...(await readCleanApertures(async (at, length) => file.subarray(at, at + length), file.length))];
}

describe('readCleanApertures', () => {
  it('finds it by track, with its sign', async () => {
    expect(await read(track(1, Buffer.alloc(0)), track(7, clap(640, 360, -2, 8)), track(9, clap(2, 4), 1))).toEqual([
      [7, { width: 640, height: 360, right: -2, down: 8 }],
      [9, { width: 2, height: 4, right: 0, down: 0 }],
    ]);
  });

  it('takes no fraction of nothing, no half a box, no box of another kind', async () => {
    expect(await read(track(1, box('clap', uint32(640, 0, 360, 1, 0, 1, 0, 1))))).toEqual([]);
    expect(await read(track(1, box('clap', uint32(640, 1))))).toEqual([]);
    expect(await read(track(1, box('pasp', uint32(1, 1))))).toEqual([]);
  });

  it('stops reading a file that is made of boxes', async () => {
    const many = Buffer.concat(Array.from({ length: 9_000 }, () => box('free')));
    const file = box('moov', ...Array.from({ length: 20 }, () => box('trak', many)));
    let reads = 0;
    await readCleanApertures(async (at, length) => {
      reads += 1;
      return file.subarray(at, at + length);
    }, file.length);
    expect(reads).toBeLessThanOrEqual(20_000);
  });
});

describe('fitAperture', () => {
  const picture = { codedWidth: 640, codedHeight: 480, rotation: 0 };
  const middle = { right: 0, down: 0 };

  it.each([
    ['in the middle', { width: 640, height: 360, ...middle }, { left: 0, top: 60, width: 640, height: 360 }],
    [
      'off the middle',
      { width: 320, height: 480, right: 160, down: 0 },
      { left: 320, top: 0, width: 320, height: 480 },
    ],
    ['in fractions', { width: 600.7, height: 361, ...middle }, { left: 18, top: 58, width: 600, height: 360 }],
  ])('takes one %s', (_, given, expected) => {
    expect(fitAperture(given, picture)).toEqual(expected);
  });

  it.each([
    ['none', undefined],
    ['the whole', { width: 640, height: 480, ...middle }],
    ['a rounding', { width: 639, height: 478.5, ...middle }],
    ['more than there is', { width: 641, height: 360, ...middle }],
    ['one that reaches out', { width: 600, height: 480, right: 21, down: 0 }],
    ['nothing', { width: 1, height: 360, ...middle }],
    ['less than nothing', { width: -640, height: 360, ...middle }],
  ])('leaves out %s', (_, given) => {
    expect(fitAperture(given, picture)).toBeUndefined();
  });

  it('leaves out one of a picture that lies askew', () => {
    expect(fitAperture({ width: 640, height: 360, ...middle }, { ...picture, rotation: 45 })).toBeUndefined();
  });
});
