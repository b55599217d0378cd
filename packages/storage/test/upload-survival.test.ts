/** What the uploader is for: half a gigabyte through cuts, a killed process and a proxy's limit, sent once. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson, runCommand, startCommand } from '@supabase-media/test-support/command';
import { type FaultRule, startFaultProxy } from '@supabase-media/test-support/fault-proxy';
import { createRandom, randomContent, SEED } from '@supabase-media/test-support/random';
import { stackEnvironment, stackValue, uniquePath } from '@supabase-media/test-support/stack';
import { openWorkshop, SOURCES, type UploadWorkshop } from '@supabase-media/test-support/uploads';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { removeObject } from '../src/expected-object.ts';

const SIZE = 500_000_000;
const BLOCK = 1_000_000;

let shop: UploadWorkshop;
let file: string;
let sha256: string;
beforeAll(async () => {
  shop = await openWorkshop({ seed: SEED, size: BLOCK });
  file = join(shop.folder, 'large.mp4');
  const handle = await open(file, 'w');
  const block = randomContent(SEED, BLOCK);
  for (let at = 0; at < SIZE; at += BLOCK) {
    block.writeUInt32LE(at / BLOCK, 0);
    await handle.write(block);
  }
  await handle.close();
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  sha256 = hash.digest('hex');
});
afterEach(() => shop.endTest());
afterAll(() => shop.close());

const upload = (path: string, url: string, workDir: string) =>
  [
    ['upload', file, '--bucket', SOURCES, '--path', path, '--json'],
    { ...stackEnvironment(), SUPABASE_URL: url, WORK_DIR: join(shop.folder, workDir) },
  ] as const;

/** Looks at what arrived, and gives the disk back. */
const takeDigest = async (path: string): Promise<string> => {
  const digest = await shop.digestOf(path);
  await removeObject({ connection: shop.open(), bucket: SOURCES, path });
  return digest;
};

const isPatch = ({ method }: { method: string }) => method === 'PATCH';

describe(`500 MB (TEST_SEED=${SEED})`, () => {
  it('cut at three random places arrives with at most 1.02 times its size sent', async () => {
    const random = createRandom(SEED);
    const cuts = Array.from({ length: 3 }, () => Math.floor(random() * 120_000_000) + 10_000_000);
    let patches = 0;
    let received = 0;
    const rule: FaultRule = (request) => {
      const cut = isPatch(request) ? cuts[patches++] : undefined;
      return cut === undefined ? { kind: 'pass' } : { kind: 'cut', afterBytes: cut };
    };
    const proxy = await startFaultProxy(stackValue('SUPABASE_URL'), rule, (bytes) => {
      received += bytes;
    });
    try {
      const path = uniquePath('cut.mp4');
      const result = readJson(await runCommand(...upload(path, proxy.url, 'cut')));
      expect(result).toMatchObject({ route: 'resumable', attempts: 4, verified: 'md5' });
      expect(received).toBeLessThan(SIZE * 1.02);
      expect(Number(result.bytesSent)).toBeLessThan(SIZE * 1.02);
      expect(await takeDigest(path)).toBe(sha256);
    } finally {
      await proxy.close();
    }
  });

  it('of a process killed with -9 is taken up by the next one at the offset of the server', async () => {
    let reached: () => void = () => {};
    const halfWay = new Promise<void>((resolve) => {
      reached = resolve;
    });
    let received = 0;
    const proxy = await startFaultProxy(
      stackValue('SUPABASE_URL'),
      () => ({ kind: 'pass' }),
      (bytes) => {
        received += bytes;
        if (received > SIZE / 2) reached();
      },
    );
    try {
      const path = uniquePath('killed.mp4');
      const first = startCommand(...upload(path, proxy.url, 'killed'));
      await halfWay;
      first.kill('SIGKILL');
      await first.ended;
      const second = readJson(await runCommand(...upload(path, proxy.url, 'killed')));
      expect(second).toMatchObject({ route: 'resumable', attempts: 1, verified: 'md5' });
      expect(Number(second.bytesSent)).toBeLessThan(SIZE * 0.55);
      expect(received).toBeLessThan(SIZE * 1.02);
      expect(
        (await readdir(join(shop.folder, 'killed', 'uploads'))).filter((name) => name.startsWith('upload-')),
      ).toEqual([]);
      expect(await takeDigest(path)).toBe(sha256);
    } finally {
      await proxy.close();
    }
  });

  it('passes a proxy with a limit of 100 MB without any setting', async () => {
    const rule: FaultRule = ({ bytes }) =>
      bytes > 100_000_000
        ? { kind: 'answer', status: 413, body: '<html><h1>413 Request Entity Too Large</h1></html>' }
        : { kind: 'pass' };
    const proxy = await startFaultProxy(stackValue('SUPABASE_URL'), rule);
    try {
      const path = uniquePath('limited.mp4');
      const result = readJson(await runCommand(...upload(path, proxy.url, 'limited')));
      expect(result).toMatchObject({ route: 'resumable', verified: 'md5' });
      expect(Number(result.bytesSent)).toBeLessThan(SIZE * 1.05);
      expect(await takeDigest(path)).toBe(sha256);
    } finally {
      await proxy.close();
    }
  });
});
