import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, randomContent, SEED } from '@supabase-media/test-support/random';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBatchWriter } from './batch-writer.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-batch-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Cuts content into pieces as a socket may give them, empty ones included. */
function* cut(content: Buffer, seed: number): Generator<Buffer> {
  const random = createRandom(seed);
  for (let at = 0; at < content.length; ) {
    const bytes = Math.floor(random() * 200_000);
    yield content.subarray(at, at + bytes);
    at += bytes;
  }
}

describe('a batch writer', () => {
  it(`writes every byte to its place, whatever the pieces and however little the system takes (seed ${SEED})`, async () => {
    const content = randomContent(SEED, 5_000_001);
    const file = join(folder, 'whole');
    const handle = await open(file, 'w');
    const random = createRandom(SEED);
    let calls = 0;
    const writer = createBatchWriter({
      truncate: (length) => handle.truncate(length),
      writev: async (pieces, position) => {
        calls += 1;
        const all = Buffer.concat(
          pieces.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
        );
        const few = all.subarray(0, 1 + Math.floor(random() * 700_000));
        const { bytesWritten } = await handle.write(few, 0, few.length, position);
        return { bytesWritten, buffers: pieces };
      },
    });
    for (const piece of cut(content, SEED)) await writer.write(piece);
    await writer.flush();
    await handle.close();
    expect((await readFile(file)).equals(content)).toBe(true);
    expect(calls).toBeGreaterThan(5);
  });

  it('forgets what it took before a restart', async () => {
    const content = randomContent(SEED + 1, 1_300_000);
    const file = join(folder, 'again');
    const handle = await open(file, 'w');
    const writer = createBatchWriter(handle);
    for (const piece of cut(randomContent(SEED + 2, 3_000_000), SEED)) await writer.write(piece);
    await writer.restart();
    for (const piece of cut(content, SEED)) await writer.write(piece);
    await writer.flush();
    await handle.close();
    expect((await readFile(file)).equals(content)).toBe(true);
  });

  it('throws what a write threw, from then on', async () => {
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    const writer = createBatchWriter({ truncate: async () => {}, writev: () => Promise.reject(full) });
    const piece = Buffer.alloc(1024 * 1024);
    await writer.write(piece);
    await expect(writer.write(piece)).rejects.toBe(full);
    await expect(writer.flush()).rejects.toBe(full);
    await writer.settle();
  });
});
