/** A long video that two workers encode in parts: the same video as ever, and nothing left of its parts. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openQueueClient, type QueueClient } from '@supabase-media/client';
import { cancelVideo } from '@supabase-media/client/cancel-video';
import { locateTools } from '@supabase-media/media/locate-tools';
import type { MediaTools } from '@supabase-media/media/tools';
import { chooseBackend, type QueueAddress } from '@supabase-media/queue/backend';
import { QUEUE_NAME } from '@supabase-media/queue/queue-names';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { downloadFile } from '@supabase-media/storage/download';
import { removeObject } from '@supabase-media/storage/expected-object';
import { openResumeStore } from '@supabase-media/storage/resume-store';
import { uploadFile } from '@supabase-media/storage/uploader';
import { listJobDirectories } from '@supabase-media/test-support/job-directories';
import { createQueueDatabase } from '@supabase-media/test-support/queue';
import { queueBackends, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import { openStackStorage, openStackVideos, stackValue, uniquePath } from '@supabase-media/test-support/stack';
import { POLICY, SOURCES } from '@supabase-media/test-support/uploads';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorker, type Worker } from '../src/worker.ts';
import { stackConfig } from './support/stack-config.ts';

const SECONDS = 12;
const FRAMES = SECONDS * 25;

let folder: string;
let clip: string;
let tools: MediaTools;
let storage: StorageConnection;
let redis: TestRedis;
let database: pg.Client;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-split-'));
  tools = await locateTools();
  storage = openStackStorage();
  clip = join(folder, 'long.mp4');
  const picture = `testsrc2=size=640x360:rate=25:duration=${SECONDS}`;
  // Browsers do not play 4:2:2: it has to be encoded.
  const options = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-pix_fmt',
    'yuv422p',
    '-g',
    '25',
    '-bf',
    '2',
    '-c:a',
    'aac',
  ];
  const args = ['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', `sine=duration=${SECONDS}`, ...options, clip];
  const made = spawnSync(tools.ffmpeg.path, ['-nostdin', '-v', 'error', ...args]);
  if (made.status !== 0) throw new Error(String(made.stderr));
  redis = await startRedis();
  database = new pg.Client(stackValue('DATABASE_URL'));
  await database.connect();
});
afterAll(async () => {
  await database?.end();
  await redis?.stop();
  await storage?.close();
  await rm(folder, { recursive: true, force: true });
});

const sendClip = async (): Promise<{ bucket: string; path: string }> => {
  const source = { bucket: SOURCES, path: uniquePath('long.mp4') };
  const resumeStore = openResumeStore(join(folder, 'state'));
  await uploadFile({
    connection: storage,
    policy: POLICY,
    resumeStore,
    file: clip,
    contentType: 'video/mp4',
    ...source,
  });
  return source;
};

const listParts = async (videoId: string): Promise<readonly string[]> => {
  const like = [`%/${videoId}/parts/%`];
  const { rows } = await database.query('select name from storage.objects where name like $1 order by name', like);
  return rows.map(({ name }) => String(name));
};

const read = (program: string, args: readonly string[]): string =>
  spawnSync(program, args as string[], { encoding: 'utf8', maxBuffer: 1e8 }).stdout;

interface Line {
  readonly event?: string;
  readonly worker: string;
  readonly part?: number;
  readonly why?: string;
}

describe.each(queueBackends())('workers on %s', (kind) => {
  let queue: QueueClient;
  let address: QueueAddress;
  let lines: Line[];
  let workers: Worker[];
  let onLine: (line: Line) => void;
  const directories = () => Promise.all(['a', 'b'].map((name) => listJobDirectories(join(folder, `${kind}-${name}`))));

  beforeAll(async () => {
    const own: Record<string, string> =
      kind === 'redis' ? { REDIS_URL: redis.url } : { DATABASE_URL: await createQueueDatabase() };
    const config = (name: string) => {
      const read = stackConfig({ ...own, WORK_DIR: join(folder, `${kind}-${name}`), MEDIA_OUTPUTS: 'video,poster' });
      const split = { afterSeconds: 0.001, limits: { leastSeconds: 2, mostSeconds: 5 } };
      return {
        ...read,
        worker: { ...read.worker, split, jobLockMs: 5000, shutdownGraceMs: 0, requestPollMs: undefined },
      };
    };
    address = { redisUrl: own.REDIS_URL, databaseUrl: own.DATABASE_URL };
    queue = openQueueClient({ ...address, rows: 'elsewhere' });
    lines = [];
    onLine = () => {};
    workers = await Promise.all(
      ['a', 'b'].map((worker) => {
        const write = (text: string) => {
          const line = JSON.parse(text) as Line;
          lines.push(line);
          onLine(line);
        };
        return startWorker({ config: config(worker), log: pino({ level: 'info', base: { worker } }, { write }) });
      }),
    );
  });
  afterAll(async () => {
    await Promise.all(workers?.map((worker) => worker.stop()) ?? []);
    await queue?.close();
  });

  /** Resolves with the first line of an event from now on. */
  const sees = (event: string, isWanted: (line: Line) => boolean = () => true): Promise<Line> =>
    new Promise((resolve) => {
      onLine = (line) => {
        if (line.event === event && isWanted(line)) resolve(line);
      };
    });
  const enqueue = async () => queue.enqueueVideo({ ownerId: null, source: await sendClip(), project: 'tests' });
  const expectNothingLeft = async (videoId: string) => {
    await expect.poll(() => listParts(videoId)).toEqual([]);
    await expect.poll(directories).toEqual([[], []]);
    const { classes, connection } = chooseBackend(address);
    const jobs = new classes.Queue(QUEUE_NAME, { connection });
    const counts = await jobs.getJobCounts('active', 'waiting', 'prioritized', 'delayed', 'waiting-children');
    await jobs.close();
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(0);
  };

  it('encode it together: every frame at its time, and all of its sound', async () => {
    const { jobId, videoId } = await enqueue();
    const result = await queue.waitForVideo(jobId);
    expect(result.outcome).toBe('processed');
    expect(await openStackVideos().find(videoId)).toMatchObject({ status: 'ready', error_code: null, progress: 100 });
    const started = lines.filter(({ event }) => event === 'part.started');
    expect(new Set(started.map(({ worker }) => worker))).toEqual(new Set(['a', 'b']));
    expect(lines.filter(({ event }) => event === 'split.joined')).toHaveLength(1);

    const file = join(folder, `${kind}.mp4`);
    const { bucket, path } = result.outputs[0] ?? { bucket: '', path: '' };
    await downloadFile({ connection: storage, bucket, path, file, timeouts: POLICY, maxRetries: 0 });
    const show = ['-v', 'error', '-select_streams', 'v', '-show_entries', 'packet=pts', '-of', 'csv=p=0', file];
    const times = read(tools.ffprobe.path, show)
      .trim()
      .split('\n')
      .map((line) => Number.parseInt(line, 10));
    expect(times.sort((a, b) => a - b)).toEqual(Array.from({ length: FRAMES }, (_, frame) => frame * 3600));
    const decoded = spawnSync(tools.ffmpeg.path, ['-v', 'error', '-i', file, '-f', 'null', '-'], { encoding: 'utf8' });
    expect(decoded.stderr).toBe('');
    await expectNothingLeft(videoId);
  });

  it('stop, and leave nothing, when it is canceled while they encode its parts', async () => {
    const begun = sees('part.started');
    const { jobId, videoId } = await enqueue();
    await begun;
    expect(await listParts(videoId)).not.toEqual([]);
    expect((await cancelVideo({ queue, rows: openStackVideos(), videoId })).state).toBe('canceling');
    await expect(queue.waitForVideo(jobId)).rejects.toMatchObject({ code: 'job_failed' });
    expect(await openStackVideos().find(videoId)).toMatchObject({ status: 'canceled', outputs: [] });
    await expectNothingLeft(videoId);
  });

  it('encode it in one piece when a part of it cannot be had, and say why', async () => {
    const begun = sees('part.started');
    const whole = new Promise<Line>((resolve) => {
      const before = onLine;
      onLine = (line) => {
        before(line);
        if (line.event === 'split.whole') resolve(line);
      };
    });
    const { jobId, videoId } = await enqueue();
    await begun;
    const last = (await listParts(videoId)).findLast((name) => name.includes('/cut-')) ?? '';
    await removeObject({ connection: storage, bucket: 'project-processed-videos', path: last });
    expect((await queue.waitForVideo(jobId)).outcome).toBe('processed');
    expect((await whole).why).toMatch(/^part \d of \d failed/);
    expect(await openStackVideos().find(videoId)).toMatchObject({ status: 'ready', error_code: null });
    await expectNothingLeft(videoId);
  });
});
