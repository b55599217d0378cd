/** Whoever can write to the queue as they like gets videos processed or jobs refused, and nothing else. */
import { randomUUID } from 'node:crypto';
import { VIDEO_PROCESS, type VideoProcessPayload } from '@supabase-media/client/contract';
import { locateTools } from '@supabase-media/media/locate-tools';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { type ClipShop, openClipShop } from '@supabase-media/test-support/clips';
import { queueBackends, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import { openStackStorage, openStackVideos, stackValue } from '@supabase-media/test-support/stack';
import { openWorkshop, type UploadWorkshop } from '@supabase-media/test-support/uploads';
import type { Job } from 'bullmq';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HOST_SECRET, openQueueLab, type QueueLab } from './support/queue-lab.ts';

/** Of a checkpoint, what the attacks change. */
interface Checkpoint {
  readonly encoded: {
    readonly probe: Media;
    readonly value: { readonly info: Media };
    readonly files: readonly object[];
  };
  readonly published: readonly object[];
}
interface Media {
  readonly video: object;
  readonly audio: object;
}

let redis: TestRedis;
let storage: StorageConnection;
let database: pg.Client;
let shop: UploadWorkshop;
let clips: ClipShop;
let source: string;
let clip: string;
beforeAll(async () => {
  redis = await startRedis();
  storage = openStackStorage();
  database = new pg.Client(stackValue('DATABASE_URL'));
  await database.connect();
  shop = await openWorkshop({ seed: 3, size: 100 });
  clips = await openClipShop(await locateTools());
  clip = await clips.clip('second.mp4');
  source = (await shop.upload(storage, { file: clip })).path;
});
afterAll(async () => {
  await clips?.close();
  await shop?.close();
  await database?.end();
  await storage?.close();
  await redis?.stop();
});

describe.each(queueBackends())('an attacker of the queue on %s', (kind) => {
  let lab: QueueLab;
  let before: Awaited<ReturnType<QueueLab['lookAtHost']>>;
  beforeAll(async () => {
    lab = await openQueueLab({ kind, redisUrl: redis.url });
  });
  afterAll(() => lab?.close());
  beforeEach(async () => {
    before = await lab.lookAtHost();
  });
  afterEach(async () => {
    expect(await lab.lookAtHost()).toEqual(before);
    expect(lab.listener.connections()).toBe(0);
    lab.expectOnlyOwnRequests();
  });

  const payloadOf = (path: string): VideoProcessPayload => ({
    version: 1,
    videoId: randomUUID(),
    project: 'attacks',
    outputs: ['video', 'poster', 'preview'],
    source: { bucket: 'project-videos', path },
  });

  const readJob = async (jobId: string): Promise<Job> => (await lab.queue.getJob(jobId)) as Job;

  const endOf = async (jobId: string): Promise<Job> => {
    await expect
      .poll(async () => (await readJob(jobId)).getState(), { timeout: 60_000, interval: 100 })
      .toMatch(/^(completed|failed)$/);
    return readJob(jobId);
  };

  it.each(['../../victim-host', '..', 'video-/../../../victim-host'])(
    'cannot name a folder by the id %s',
    async (jobId) => {
      const payload = payloadOf(`missing/${randomUUID()}.mp4`);
      await lab.queue.add(VIDEO_PROCESS, payload, { jobId });
      expect((await endOf(jobId)).failedReason).toMatch(/^The job's id is /);
      expect(await openStackVideos().find(payload.videoId)).toBeUndefined();
    },
  );

  describe('that forges what a worker noted', () => {
    /** An honest run, and its job once more with what the attacker makes of its notes. */
    async function rerunWith(forge: (data: { notes: string; mac: string }) => object): Promise<Job> {
      const payload = payloadOf((await shop.upload(storage, { file: clip })).path);
      const jobId = `video-${payload.videoId}`;
      await lab.queue.add(VIDEO_PROCESS, payload, { jobId, attempts: 1 });
      const job = await endOf(jobId);
      expect(job.failedReason ?? '').toBe('');
      const { worker, ...data } = job.data as { worker: { notes: string; mac: string } };
      await job.updateData({ ...data, worker: forge(worker) });
      // As if the first run had died before it recorded what it made.
      await database.query(`update videos set status = 'processing', outcome = null where id = $1`, [payload.videoId]);
      await job.retry('completed', { resetAttemptsMade: true });
      const again = await endOf(jobId);
      expect(await lab.worker.sees(`"event":"job.notes_refused","jobId":"${jobId}"`)).not.toContain(HOST_SECRET);
      const { outputs } = again.returnvalue as { outputs: { kind: string; bucket: string; path: string }[] };
      expect(outputs.map((output) => output.kind)).toEqual(['video', 'poster', 'preview']);
      for (const { bucket, path } of outputs) {
        expect(bucket).toBe('project-processed-videos');
        expect(path.startsWith(`attacks/${payload.videoId}/`)).toBe(true);
      }
      return again;
    }

    const FORGERIES: readonly (readonly [string, (checkpoint: Checkpoint, lab: QueueLab) => object])[] = [
      [
        'a stream that shows a file of the host',
        (checkpoint, { secretFile }) => withIndex(checkpoint, `0]drawtext=textfile=${secretFile}[x];[0:0`),
      ],
      [
        'a stream that asks an address',
        (checkpoint, { listener }) => withIndex(checkpoint, `0]null[x];movie=${listener.url}/[y];[0:0`),
      ],
      [
        'files above its folder',
        (checkpoint) => {
          const { encoded } = checkpoint;
          const files = ['../../../video.mp4', '../../../victim-host/inner/letter.txt'].map((name) => ({
            name,
            bytes: HOST_SECRET.length,
            sha256: '0'.repeat(64),
          }));
          return { ...checkpoint, encoded: { ...encoded, files: [...encoded.files, ...files] } };
        },
      ],
      [
        'objects of somebody else as its results',
        (checkpoint) => ({
          ...checkpoint,
          results: { bucket: 'project-videos', folder: 'tests' },
          published: [...checkpoint.published, { ...checkpoint.published[0], bucket: 'project-videos', path: source }],
        }),
      ],
    ];

    it.each(FORGERIES)('%s', async (_what, forge) => {
      await rerunWith(({ notes, mac }) => {
        const noted = JSON.parse(notes) as { checkpoint: Checkpoint };
        return { notes: JSON.stringify({ ...noted, checkpoint: forge(noted.checkpoint, lab) }), mac };
      });
      // What was named as a result of the forged run is still there.
      expect(await shop.digestOf(source)).toMatch(/^[0-9a-f]{64}$/);
    });

    it.each(FORGERIES)('%s, as notes of a release that proved nothing', async (_what, forge) => {
      await rerunWith(({ notes }) => {
        const noted = JSON.parse(notes) as { checkpoint: Checkpoint };
        return { ...noted, checkpoint: forge(noted.checkpoint, lab) };
      });
    });
  });
});

/** A stream's index stands where a filtergraph is built. */
function withIndex(checkpoint: Checkpoint, index: string): object {
  const { encoded } = checkpoint;
  const forged = (media: Media): Media => ({
    ...media,
    video: { ...media.video, index },
    audio: { ...media.audio, index },
  });
  const value = { ...encoded.value, info: forged(encoded.value.info) };
  return { ...checkpoint, encoded: { ...encoded, probe: forged(encoded.probe), value } };
}
