import { box } from '@supabase-media/test-support/mp4-index';
import { describe, expect, it } from 'vitest';
import { type Box, readMp4Layout, walkBoxes } from './mp4-boxes.ts';

function largeBox(type: string, size: bigint): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32BE(1);
  header.write(type, 4, 'latin1');
  header.writeBigUInt64BE(size, 8);
  return header;
}

/** A media header, version 0: four bytes of version and flags, two times, the time scale, the duration. */
function mediaHeader(duration: number): Buffer {
  const body = Buffer.alloc(24);
  body.writeUInt32BE(30_000, 12);
  body.writeUInt32BE(duration, 16);
  return box('moov', box('trak', box('tkhd', Buffer.alloc(84)), box('mdia', box('mdhd', body))));
}

const reader = (file: Buffer) => async (position: number, length: number) => file.subarray(position, position + length);

function layout(...boxes: Buffer[]) {
  const file = Buffer.concat(boxes);
  return readMp4Layout(reader(file), file.length);
}

async function boxesOf(file: Buffer, size = file.length): Promise<Box[]> {
  const found: Box[] = [];
  for await (const one of walkBoxes(reader(file), { start: 0, end: size })) found.push(one);
  return found;
}

const ftyp = box('ftyp', Buffer.from('isom'));
const mdat = box('mdat', Buffer.alloc(100));

describe('readMp4Layout', () => {
  it.each<[string, Buffer[], unknown]>([
    ['moov first', [ftyp, box('moov'), mdat], { moovFirst: true, fragmented: false, durationUnknown: false }],
    ['moov last', [ftyp, mdat, box('moov')], { moovFirst: false, fragmented: false, durationUnknown: false }],
    [
      'fragments',
      [ftyp, box('moov'), box('moof'), mdat],
      { moovFirst: true, fragmented: true, durationUnknown: false },
    ],
    [
      'a known duration',
      [ftyp, mediaHeader(30_000), mdat],
      { moovFirst: true, fragmented: false, durationUnknown: false },
    ],
    [
      'an open duration',
      [ftyp, mediaHeader(0xffffffff), mdat],
      { moovFirst: true, fragmented: false, durationUnknown: true },
    ],
    ['no index', [ftyp, mdat], undefined],
    ['nothing', [], undefined],
  ])('%s', async (_, boxes, expected) => {
    expect(await layout(...boxes)).toEqual(expected);
  });
});

describe('walkBoxes', () => {
  it('follows sizes of 64 bits without reading what is between', async () => {
    const file = Buffer.concat([ftyp, largeBox('mdat', 5_000_000_000n)]);
    expect(await boxesOf(file, 5_000_000_100)).toMatchObject([{ type: 'ftyp' }, { type: 'mdat', size: 5_000_000_000 }]);
  });

  it('takes size 0 for the rest of the file', async () => {
    const last = Buffer.from([0, 0, 0, 0, ...Buffer.from('mdat'), 1, 2, 3]);
    expect((await boxesOf(Buffer.concat([ftyp, last]))).at(-1)).toEqual({ type: 'mdat', start: 12, size: 11 });
  });

  it.each([
    ['a size smaller than its header', Buffer.from([0, 0, 0, 4, ...Buffer.from('moov')])],
    ['a 64-bit size smaller than its header', largeBox('moov', 8n)],
    ['noise', Buffer.from([0, 0, 1, 0, 255, 1, 2, 3])],
    ['a header cut off', Buffer.from([0, 0, 0, 16, 109])],
  ])('ends at %s', async (_, tail) => {
    expect(await boxesOf(Buffer.concat([ftyp, tail]))).toHaveLength(1);
  });
});
