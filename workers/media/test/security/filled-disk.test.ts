/**
 * A video of less than a megabyte that becomes gigabytes, on a disk of 200 MB, with another user's video beside it. Once,
 * it filled the disk, was deferred, and filled it again.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openQueueClient, type QueueClient } from '@supabase-media/client';
import type { MediaError } from '@supabase-media/core/errors';
import { locateTools } from '@supabase-media/media/locate-tools';
import type { QueueAddress } from '@supabase-media/queue/backend';
import { openResumeStore } from '@supabase-media/storage/resume-store';
import { uploadFile } from '@supabase-media/storage/uploader';
import { TICKS } from '@supabase-media/test-support/mp4-index';
import { createQueueDatabase, withConsumerOn } from '@supabase-media/test-support/queue';
import { makeRepeatedNoise } from '@supabase-media/test-support/repeated-noise';
import { openStackStorage, openStackVideos, uniquePath } from '@supabase-media/test-support/stack';
import { POLICY, SOURCES } from '@supabase-media/test-support/uploads';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { VideoHandlers } from '../../src/jobs/video-process/contract.ts';
import { stackConfig } from '../support/stack-config.ts';
import { openHandlers, sendNoise } from '../support/video-handlers.ts';

const DISK_BYTES = 200 * 1024 * 1024;
/** Stays free: what is left is filled within seconds. */
const RESERVE = 140_000_000;

const storage = openStackStorage();
const videos = openStackVideos();
let folder: string;
let disk: string;
let isMounted = false;
let address: QueueAddress;
let client: QueueClient;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-filled-'));
  disk = join(folder, 'disk');
  await mkdir(disk);
  isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', disk]).status === 0;
  address = { databaseUrl: await createQueueDatabase() };
  client = openQueueClient({ ...address, rows: 'elsewhere' });
});
afterAll(async () => {
  await Promise.all([client?.close(), storage.close()]);
  if (isMounted) spawnSync('umount', ['-l', disk]);
  await rm(folder, { recursive: true, force: true });
});

/** Some hundred kilobytes: one key frame of noise, again and again. */
async function sendRepeated(hours: number, secondsEach: number) {
  const file = join(folder, 'repeated.mp4');
  const frames = (hours * 3600) / secondsEach;
  await writeFile(file, await makeRepeatedNoise(await locateTools(), frames, secondsEach * TICKS));
  const source = { bucket: SOURCES, path: uniquePath('repeated.mp4') };
  const resumeStore = openResumeStore(join(folder, 'state'));
  const options = { connection: storage, policy: POLICY, resumeStore, file, contentType: 'video/mp4', ...source };
  return { source, size: (await uploadFile(options)).size };
}

it.for([
  ['copied, one hour', 1, 4],
  ['encoded, since a copy would be too large, twelve hours', 12, 10],
] as const)(
  'ends it for good, and no other job with it: %s',
  { timeout: 200_000 },
  async ([, hours, secondsEach], context) => {
    if (!isMounted) return context.skip('mounting a disk is not permitted here');
    const config = stackConfig({ DATABASE_URL: String(address.databaseUrl), WORK_DIR: disk, MEDIA_OUTPUTS: 'video' });
    const handlers = await openHandlers(config, storage, { reserveBytes: RESERVE, lookEveryMs: 50 });
    const starts = new Map<string, number>();
    const waits: MediaError[] = [];
    const counting: VideoHandlers = {
      ...handlers,
      process: (payload, context) => {
        starts.set(payload.videoId, (starts.get(payload.videoId) ?? 0) + 1);
        return handlers.process(payload, context);
      },
      wait: async (payload, error) => {
        waits.push(error);
        await handlers.wait(payload, error);
      },
    };
    let leastFree = Infinity;
    const looking = setInterval(async () => {
      const { bavail, bsize } = await statfs(disk);
      leastFree = Math.min(leastFree, bavail * bsize);
    }, 20);
    try {
      const hostile = await sendRepeated(hours, secondsEach);
      const honest = await sendNoise(storage, folder);
      expect(hostile.size).toBeLessThan(1_000_000);
      await withConsumerOn(address, counting, async () => {
        const attack = await client.enqueueVideo({ ownerId: null, source: hostile.source });
        const other = await client.enqueueVideo({ ownerId: null, source: honest.source });
        const signal = AbortSignal.timeout(160_000);
        expect((await client.waitForVideo(other.jobId, { signal })).outcome).toBe('processed');
        await expect(client.waitForVideo(attack.jobId, { signal })).rejects.toThrow();
        expect(starts.get(attack.videoId)).toBe(1);
        const row = await videos.find(attack.videoId);
        expect(row).toMatchObject({ status: 'failed', error_code: 'output_too_large' });
        expect(row?.error_message).toMatch(/grew beyond .* Upload a shorter part/);
      });
      expect(waits.map(({ code }) => code).filter((code) => code !== 'disk_waiting')).toEqual([]);
      expect(leastFree).toBeGreaterThan(RESERVE - 10_000_000);
      // All is given back.
      const { bavail, blocks } = await statfs(disk);
      expect(blocks - bavail).toBeLessThan(100);
    } finally {
      clearInterval(looking);
    }
  },
);
