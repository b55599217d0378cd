import { box } from '@supabase-media/test-support/mp4-index';
import { describe, expect, it } from 'vitest';
import { findFront } from './mp4-front.ts';

const ftyp = box('ftyp', Buffer.from('isom'));
const moov = box('moov', box('mvhd', Buffer.alloc(100)));
const free = box('free', Buffer.alloc(40));
const mdat = box('mdat', Buffer.alloc(20_000_000));
const small = box('mdat', Buffer.alloc(100));

/** Of a file of which `here` bytes have arrived. */
function frontOf(boxes: readonly Buffer[], here = Infinity) {
  const file = Buffer.concat(boxes);
  const arrived = file.subarray(0, Math.min(here, file.length));
  return findFront(async (position, length) => arrived.subarray(position, position + length), file.length);
}

describe('findFront', () => {
  it('asks for the index and a little more', async () => {
    const bytes = ftyp.length + moov.length + 1_000_000;
    expect(await frontOf([ftyp, moov, mdat], 10_000)).toEqual({ bytes });
    expect(await frontOf([ftyp, moov, free, mdat], 10_000)).toEqual({ bytes });
  });

  it('asks for no more than there is', async () => {
    expect(await frontOf([ftyp, moov, small])).toEqual({ bytes: ftyp.length + moov.length + small.length });
  });

  it.each([0, 4, 11, 12, 20, ftyp.length + 8, ftyp.length + moov.length - 1, ftyp.length + moov.length + 7])(
    'waits for more after %i bytes',
    async (here) => {
      expect(await frontOf([ftyp, moov, mdat], here)).toBe('more');
    },
  );

  it.each<[string, Buffer[]]>([
    ['the index is last', [ftyp, mdat, moov]],
    ['it is in fragments', [ftyp, box('moov', box('mvex')), box('moof'), mdat]],
    ['it is no MP4', [box('RIFF'), moov, mdat]],
    ['it begins with its index', [moov, mdat]],
    ['it is cut off', [ftyp, moov, Buffer.concat([mdat]).subarray(0, 1000)]],
    ['the index is made to be copied', [ftyp, box('moov', Buffer.alloc(70_000_000)), mdat]],
    ['what follows the index is no box', [ftyp, moov, Buffer.alloc(1000)]],
  ])('needs the whole file where %s', async (_what, boxes) => {
    expect(await frontOf(boxes)).toBe('none');
  });
});
