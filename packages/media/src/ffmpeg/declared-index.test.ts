import { deflateSync } from 'node:zlib';
import { box, contentOf, FILE_TYPE, movieIndex, uint32 } from '@supabase-media/test-support/mp4-index';
import { expect, it } from 'vitest';
import { countDeclared } from './declared-index.ts';
import { boundReadings, MAX_INDEX_ENTRIES, mostPackets, whyIndexTooLarge } from './probe-limits.ts';

const MILLIONS = 80_000_000;
const NEW_ENTRY = box('avc1', Buffer.alloc(78));

const count = (file: Buffer) => countDeclared(async (at, length) => file.subarray(at, at + length), file.length);

const movie = (tables: readonly Buffer[], more: Partial<Parameters<typeof movieIndex>[0]> = {}): Buffer =>
  Buffer.concat([
    FILE_TYPE,
    movieIndex({ entries: [NEW_ENTRY], tables, duration: 1000, width: 64, height: 64, ...more }),
  ]);

const sizes = (samples: number) => box('stsz', uint32(0, 1, samples));
const run = (samples: number) => box('trun', uint32(1, samples, 0));
const fragment = (...runs: readonly Buffer[]) => box('moof', box('traf', box('tfhd', uint32(0, 1)), ...runs));
const edits = (entries: number) =>
  box('edts', box('elst', uint32(0, entries), ...Array<Buffer>(entries).fill(uint32(1, 0, 0x10000))));

it('counts samples of tracks and of fragments', async () => {
  expect(await count(movie([sizes(25)]))).toEqual({ entries: 25, tracks: 1, edits: 0 });
  const fragmented = Buffer.concat([movie([sizes(0)]), fragment(run(3), run(4)), box('mdat'), fragment(run(5))]);
  expect(await count(fragmented)).toEqual({ entries: 12, tracks: 1, edits: 0 });
});

it('counts what an edit list repeats once for each edit', async () => {
  expect(await count(movie([sizes(25)], { inTrack: [edits(4)] }))).toEqual({ entries: 100, tracks: 1, edits: 4 });
});

/** Where libavformat finds an index, though no program writes it there. */
const packed = (index: Buffer) =>
  box('moov', box('cmov', box('dcom', Buffer.from('zlib')), box('cmvd', uint32(index.length), deflateSync(index))));
it.each([
  ['in its place', movie([sizes(MILLIONS)])],
  ['in a compact table', movie([box('stz2', uint32(0, 8, MILLIONS))])],
  ['behind boxes of types that are no text', Buffer.concat([box('\0\x01\xfe\xff'), movie([sizes(MILLIONS)])])],
  ['outside its table', movie([], { inTrack: [sizes(MILLIONS)] })],
  ['in a free box', Buffer.concat([FILE_TYPE, box('free', movie([sizes(MILLIONS)]).subarray(FILE_TYPE.length + 8))])],
  ['compressed', Buffer.concat([FILE_TYPE, packed(movie([sizes(MILLIONS)]).subarray(FILE_TYPE.length))])],
  ['in one fragment', Buffer.concat([movie([]), fragment(run(MILLIONS))])],
  [
    'behind ten thousand empty runs',
    Buffer.concat([movie([]), fragment(...Array<Buffer>(10_001).fill(run(0)), run(MILLIONS))]),
  ],
  ['in the most that a number can say', Buffer.concat([movie([]), fragment(run(-1))])],
])('finds millions %s', async (_where, file) => {
  expect((await count(file)).entries).toBeGreaterThanOrEqual(MILLIONS);
});

it('does not unpack more than an index may have', async () => {
  const bomb = Buffer.concat([FILE_TYPE, packed(box('free', Buffer.alloc(20_000_000)))]);
  expect((await count(bomb)).entries).toBe(Infinity);
});

it('takes the samples of plain sound by a thousand, of pictures one by one', async () => {
  const hour = 3600 * 48_000;
  const tables = [
    box('stts', uint32(0, 1, hour, 1)),
    box('stsc', uint32(0, 1, 1, 48_000, 1)),
    sizes(hour),
    box('stco', uint32(0, 3600), Buffer.alloc(4 * 3600)),
  ];
  const sound = (format: string) => {
    const file = movie(tables, { entries: [box(format, Buffer.alloc(28))] });
    file.write('soun', file.indexOf('vide'), 'latin1');
    return file;
  };
  expect((await count(sound('sowt'))).entries).toBe(3600 * 47);
  // A picture, whatever its handler says: so ffmpeg takes it, too.
  expect((await count(sound('avc1'))).entries).toBe(hour);
});

it('says nothing of what is no MP4', async () => {
  expect(await count(Buffer.from('G'.repeat(1000)))).toEqual({ entries: 0, tracks: 0, edits: 0 });
  expect(contentOf(movie([sizes(1)]), 'stsz').readUInt32BE(8)).toBe(1);
});

it('lets long videos pass, and no small file with more samples than bytes', () => {
  const one = { tracks: 1, edits: 1 };
  const halfDay = 12 * 3600 * (60 + 47);
  expect(whyIndexTooLarge({ ...one, entries: halfDay }, 100_000_000)).toBeUndefined();
  expect(whyIndexTooLarge({ ...one, entries: 100_000 }, 23_000)).toBeUndefined();
  expect(whyIndexTooLarge({ ...one, entries: MILLIONS }, 23_000)).toContain('80000000 samples');
  expect(whyIndexTooLarge({ ...one, entries: MAX_INDEX_ENTRIES + 1 }, 2_000_000_000)).toContain('samples');
  expect(whyIndexTooLarge({ ...one, entries: 1, tracks: 1001 }, 2_000_000_000)).toContain('1001 tracks');
  expect(whyIndexTooLarge({ ...one, entries: 1, edits: 10_001 }, 2_000_000_000)).toContain('10001 entries');
  expect(mostPackets(23_000)).toBe(123_000);
});

it('gives a reading time and memory by the size of the file and of its index', () => {
  const declared = { entries: 1_000_000, tracks: 1, edits: 0 };
  const small = boundReadings({ declared, sizeBytes: 23_000, memoryBytes: 4e9 });
  expect(small.totalMs).toBeLessThan(31_000);
  expect(small.memoryBytes).toBe(1_664_000_000);
  expect(boundReadings({ declared, sizeBytes: 2e9, memoryBytes: 1e9 })).toEqual({ totalMs: 900_000, memoryBytes: 1e9 });
});
