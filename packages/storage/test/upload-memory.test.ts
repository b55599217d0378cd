/** The uploader's memory does not depend on the file: 200 MB and 2 GB need the same above an upload of nothing. */
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@supabase/supabase-js';
import { readJson, runCommand } from '@supabase-media/test-support/command';
import { stackEnvironment, stackValue, uniquePath } from '@supabase-media/test-support/stack';
import { afterAll, beforeAll, expect, it } from 'vitest';
import WebSocket from 'ws';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-memory-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Uploads a file of zeros in a process of its own; returns its peak resident memory in MB. */
const measure = async (bytes: number, args: readonly string[] = []): Promise<number> => {
  const file = join(folder, `${bytes}.mp4`);
  await writeFile(file, '');
  await truncate(file, bytes);
  const path = uniquePath('zeros.mp4');
  const result = await runCommand(
    ['upload', file, '--bucket', 'project-videos', '--path', path, '--json', ...args],
    stackEnvironment(),
  );
  const answer = readJson(result);
  expect(answer).toMatchObject({ size: bytes, bytesSent: bytes, attempts: 1, verified: 'md5' });
  await remove(path);
  return Number(answer.peakRssMb);
};

/** The stack's disk is the machine's. */
const remove = async (path: string): Promise<void> => {
  const client = createClient(stackValue('SUPABASE_URL'), stackValue('SUPABASE_SERVICE_ROLE_KEY'), {
    realtime: { transport: WebSocket as never },
  });
  const { error } = await client.storage.from('project-videos').remove([path]);
  expect(error).toBeNull();
};

it('needs under 16 MB above the idle process, for 200 MB and for 2 GB alike', { timeout: 180_000 }, async () => {
  const idle = await measure(0, ['--route', 'stream']);
  const medium = await measure(200_000_000);
  const large = await measure(2_000_000_000);
  const streamed = await measure(2_000_000_000, ['--route', 'stream']);
  expect(medium - idle).toBeLessThan(16);
  expect(large - idle).toBeLessThan(16);
  expect(streamed - idle).toBeLessThan(16);
  expect(Math.abs(large - medium)).toBeLessThan(16);
});
