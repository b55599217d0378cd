/**
 * Small files whose index says that they are huge. Each cost minutes and gigabytes before it was turned away; now little
 * is spent on it, whatever it says.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { deflateSync } from 'node:zlib';
import { type ClipShop, openClipShop } from '@supabase-media/test-support/clips';
import {
  box,
  FILE_TYPE,
  FIRST_OFFSET,
  type Frame,
  movieIndex,
  readFrame,
  uint32,
} from '@supabase-media/test-support/mp4-index';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runPipeline } from '../support/pipeline.ts';
import { findAllTools } from '../support/tools.ts';

const MILLIONS = 80_000_000;
const MOST_SECONDS = 10;
const MOST_MEMORY_MB = 300;

/** The file of a frame with another index, filled up to 23 KB with bytes that may be media. */
function fileOf(frame: Frame, index: Partial<Parameters<typeof movieIndex>[0]>, ...behind: readonly Buffer[]): Buffer {
  const { entry, media, width, height } = frame;
  const moov = movieIndex({ entries: [entry], tables: [], duration: MILLIONS, width, height, ...index });
  const filled = Buffer.concat([media, Buffer.alloc(Math.max(0, 20_000 - media.length))]);
  return Buffer.concat([FILE_TYPE, box('mdat', filled), moov, ...behind]);
}

const tables = (samples: number, sampleBytes: number) => [
  box('stts', uint32(0, 1, samples, 1)),
  box('stsc', uint32(0, 1, 1, samples, 1)),
  box('stsz', uint32(0, sampleBytes, samples)),
  box('stco', uint32(0, 1, FIRST_OFFSET)),
];
const noTables = [
  box('stts', uint32(0, 0)),
  box('stsc', uint32(0, 0)),
  box('stsz', uint32(0, 0, 0)),
  box('stco', uint32(0, 0)),
];
const fragments = box('mvex', box('trex', uint32(0, 1, 1, 1, 0, 0)));
const fragment = (...runs: number[]) =>
  box(
    'moof',
    box('mfhd', uint32(0, 1)),
    box('traf', box('tfhd', uint32(0x020000, 1)), ...runs.map((samples) => box('trun', uint32(1, samples, 8)))),
  );

const ATTACKS: Readonly<Record<string, (frame: Frame) => Buffer>> = {
  'samples of one byte': (frame) => fileOf(frame, { tables: tables(MILLIONS, 1) }),
  'a fragment of empty samples': (frame) =>
    fileOf(frame, { tables: noTables, inMovie: [fragments] }, fragment(MILLIONS)),
  'a thousand fragments': (frame) =>
    fileOf(frame, { tables: noTables, inMovie: [fragments] }, ...Array<Buffer>(1000).fill(fragment(80_000))),
  'a compressed index': (frame) => {
    const index = movieIndex({ ...frame, entries: [frame.entry], tables: tables(MILLIONS, 1), duration: MILLIONS });
    const packed = box('cmvd', uint32(index.length), deflateSync(index));
    return Buffer.concat([
      FILE_TYPE,
      box('mdat', frame.media),
      box('moov', box('cmov', box('dcom', Buffer.from('zlib')), packed)),
    ]);
  },
  'an edit list that repeats': (frame) =>
    fileOf(frame, {
      tables: tables(90_000, 0),
      inTrack: [box('edts', box('elst', uint32(0, 1000), ...Array<Buffer>(1000).fill(uint32(90_000, 0, 0x10000))))],
    }),
};

/** The most memory that a child of this process was seen with, in MB. */
function watchChildren() {
  let most = 0;
  const look = () => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
        const peak = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
        if (parent === process.pid) most = Math.max(most, peak / 1000);
      } catch {
        // It has ended.
      }
    }
  };
  const timer = setInterval(look, 20);
  return { most: () => most, end: () => clearInterval(timer) };
}

describe.each(await findAllTools())('%s', (_, tools) => {
  let shop: ClipShop;
  let frame: Frame;
  beforeAll(async () => {
    shop = await openClipShop(tools);
    frame = readFrame(await readFile(await shop.clip('one-frame.mp4')));
  });
  afterAll(() => shop.close());

  it.each(Object.entries(ATTACKS))('80 million by %s are turned away at once', async (name, write) => {
    const file = write(frame);
    const children = watchChildren();
    const began = performance.now();
    const before = process.memoryUsage.rss();
    const result = await runPipeline(await shop.file(`attack ${name}`, file), tools);
    const seconds = (performance.now() - began) / 1000;
    children.end();
    expect(result).toMatchObject({ outcome: 'rejected', codes: ['index_too_large'], files: [] });
    expect(seconds).toBeLessThan(MOST_SECONDS);
    expect(children.most()).toBeLessThan(MOST_MEMORY_MB);
    expect((process.memoryUsage.rss() - before) / 1e6).toBeLessThan(MOST_MEMORY_MB);
  });
});
