/** Metrics as Prometheus reads them: all series from the start, balanced counters, a real queue and disk. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openQueueClient } from '@supabase-media/client';
import { locateTools } from '@supabase-media/media/locate-tools';
import { openQueueInspector } from '@supabase-media/queue/inspect-queue';
import { type HealthCheck, watchReadiness } from '@supabase-media/service/health';
import { type HealthServer, startHealthServer } from '@supabase-media/service/health-server';
import { createMetrics } from '@supabase-media/service/metrics';
import { watchDisk, watchProcess, watchQueue } from '@supabase-media/service/metrics-gauges';
import {
  ERROR_CODES,
  JOB_OUTCOMES,
  STEP_OUTCOMES,
  sizeClassOf,
  UPLOAD_ROUTES,
} from '@supabase-media/service/metrics-labels';
import { startMonitoring } from '@supabase-media/service/start-monitoring';
import { createQueueDatabase, withConsumerOn } from '@supabase-media/test-support/queue';
import { createRandom, SEED } from '@supabase-media/test-support/random';
import { queueBackends, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import { openStackStorage } from '@supabase-media/test-support/stack';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { workerHealthChecks } from '../src/health-checks.ts';
import { JOB_STEPS } from '../src/jobs/video-process/steps.ts';
import { stackConfig } from './support/stack-config.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-metrics-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Samples by name and labels, as in the text. */
const samplesOf = (text: string): Map<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const at = line.lastIndexOf(' ');
        return [line.slice(0, at), Number(line.slice(at + 1))];
      }),
  );

const seriesOf = async (metrics: { registry: { metrics: () => Promise<string> } }) =>
  samplesOf(await metrics.registry.metrics());

const sum = (samples: Map<string, number>, start: string): number =>
  [...samples].filter(([name]) => name.startsWith(start)).reduce((total, [, value]) => total + value, 0);

describe('a registry', () => {
  it('has every series from the start, and no new ones later', async () => {
    const metrics = createMetrics({ jobTypes: ['video.process'], steps: JOB_STEPS });
    const before = await seriesOf(metrics);
    expect([...before.values()].every((value) => value === 0)).toBe(true);
    for (const route of UPLOAD_ROUTES)
      for (const code of ERROR_CODES) {
        expect(before.has(`media_uploads_failed_total{route="${route}",code="${code}"}`)).toBe(true);
        for (const bytes of [1, 2e7, 2e8, 2e9]) {
          metrics.uploadStarted({ route, bytes }).succeeded({ bytesSent: bytes });
          metrics.uploadStarted({ route, bytes }).failed(code);
        }
      }
    for (const outcome of JOB_OUTCOMES) metrics.jobStarted('video.process').ended(outcome);
    for (const step of JOB_STEPS)
      for (const outcome of STEP_OUTCOMES) metrics.jobStarted('video.process').stepStarted(step).ended(outcome);
    metrics.retried('upload', 'backoff');
    metrics.sessionCreated();
    metrics.sessionEnded('completed');
    metrics.encoded(1.5);
    metrics.jobStalled();
    metrics.lockLost();
    expect(new Set((await seriesOf(metrics)).keys())).toEqual(new Set(before.keys()));
  });

  it('shares nothing with another one', async () => {
    const [one, two] = [createMetrics(), createMetrics()];
    one.jobStalled();
    expect((await seriesOf(two)).get('media_jobs_stalled_total')).toBe(0);
  });

  it(`balances: started minus ended is the number running (seed ${SEED})`, async () => {
    const random = createRandom(SEED);
    const metrics = createMetrics();
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
    const running = new Map<string, (() => void)[]>(UPLOAD_ROUTES.map((route) => [route, []]));
    for (let turn = 0; turn < 2000; turn++) {
      const route = pick(UPLOAD_ROUTES);
      const mine = running.get(route) ?? [];
      if (random() < 0.55) {
        const bytes = Math.floor(random() * 3e9);
        const upload = metrics.uploadStarted({ route, bytes });
        const code = pick(ERROR_CODES);
        mine.push(() => {
          // A second ending, of whatever kind, counts for nothing.
          if (random() < 0.5) upload.failed(code);
          else upload.succeeded({ bytesSent: bytes * 1.5 });
          upload.failed(code);
          upload.succeeded({ bytesSent: bytes });
        });
      } else mine.shift()?.();
      if (turn % 100 !== 0) continue;
      const samples = await seriesOf(metrics);
      for (const name of UPLOAD_ROUTES) {
        const of = (metric: string) => sum(samples, `media_uploads_${metric}_total{route="${name}"`);
        expect(of('started') - of('succeeded') - of('failed')).toBe(running.get(name)?.length);
      }
    }
  });

  it('counts bytes that were sent twice, and sizes by class', async () => {
    const metrics = createMetrics();
    metrics.uploadStarted({ route: 'stream', bytes: 2e8 }).succeeded({ bytesSent: 3e8 });
    metrics.uploadStarted({ route: 'stream', bytes: 100 }).succeeded({ bytesSent: 50 });
    const samples = await seriesOf(metrics);
    expect(samples.get('media_upload_resent_bytes_total{route="stream"}')).toBe(1e8);
    expect(samples.get('media_upload_duration_seconds_count{route="stream",size="100mb_to_1gb"}')).toBe(1);
    expect([0, 1e7, 1e8, 1e9].map(sizeClassOf)).toEqual(['lt_10mb', '10mb_to_100mb', '100mb_to_1gb', 'ge_1gb']);
  });

  it('follows the conventions for names', async () => {
    const metrics = createMetrics();
    for (const { name, type, help } of await metrics.registry.getMetricsAsJSON()) {
      expect(name).toMatch(/^media_[a-z_]+$/);
      expect(name.endsWith('_total'), name).toBe(String(type) === 'counter');
      if (String(type) === 'histogram') expect(name).toMatch(/_(seconds|bytes|ratio)$/);
      expect(help).toMatch(/\.$/);
    }
  });
});

describe('the gauges', () => {
  it('report the disk of WORK_DIR and the part that the worker uses', async () => {
    const metrics = createMetrics();
    await writeFile(join(folder, 'a-file'), Buffer.alloc(1234));
    watchDisk(metrics, folder);
    watchProcess(metrics);
    const samples = await seriesOf(metrics);
    expect(samples.get('media_work_dir_used_bytes')).toBe(1234);
    expect(samples.get('media_work_dir_free_bytes')).toBeGreaterThan(0);
    expect(samples.get('media_work_dir_size_bytes')).toBeGreaterThan(samples.get('media_work_dir_free_bytes') ?? 0);
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(1e7);
    expect(samples.has('nodejs_eventloop_lag_p99_seconds')).toBe(true);
  });

  it('are NaN, not zero, for a queue that does not answer', async () => {
    const metrics = createMetrics();
    watchQueue(metrics, async () => {
      throw new Error('gone');
    });
    const text = await metrics.registry.metrics();
    expect(text).toContain('media_queue_up 0');
    expect(text).toContain('media_queue_jobs{state="waiting"} Nan');
    expect(text).toContain('media_queue_workers Nan');
  });
});

describe('the queue', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it.each(queueBackends())('is counted on %s: waiting, oldest, workers', async (kind) => {
    const address = kind === 'redis' ? { redisUrl: redis.url } : { databaseUrl: await createQueueDatabase() };
    const inspector = await openQueueInspector(address);
    closing.push(inspector.close);
    expect(await inspector.read()).toMatchObject({ jobs: { waiting: 0 }, oldestWaitingSeconds: 0, workers: 0 });

    const client = openQueueClient({ ...address, rows: 'elsewhere' });
    closing.push(client.close);
    const enqueue = () => client.enqueueVideo({ ownerId: null, source: { bucket: 'b', path: `${randomUUID()}.mp4` } });
    await enqueue();
    const { jobId } = await enqueue();
    const full = await inspector.read();
    expect(full.jobs.waiting + full.jobs.prioritized).toBe(2);
    expect(full.oldestWaitingSeconds).toBeGreaterThan(0);
    expect(full.oldestWaitingSeconds).toBeLessThan(60);

    const metrics = createMetrics();
    watchQueue(metrics, inspector.read);
    const samples = await seriesOf(metrics);
    expect(samples.get('media_queue_up')).toBe(1);
    expect(sum(samples, 'media_queue_jobs')).toBe(2);

    await withConsumerOn(address, {}, async () => {
      await client.waitForVideo(jobId);
      expect((await inspector.read()).workers).toBe(1);
    });
  });
});

describe('health over HTTP', () => {
  const start = async (checks: Record<string, HealthCheck>): Promise<{ server: HealthServer; url: string }> => {
    const { registry } = createMetrics();
    const server = await startHealthServer({ host: '127.0.0.1', port: 0, registry, checks });
    closing.push(server.close);
    return { server, url: `http://127.0.0.1:${server.port}` };
  };

  it('answers for each part of a worker on the stack', async () => {
    const storage = openStackStorage();
    closing.push(storage.close);
    const config = stackConfig({ WORK_DIR: folder });
    const { url } = await start(workerHealthChecks({ config, storage, tools: await locateTools(config.ffmpeg) }));
    const answer = await fetch(`${url}/ready`);
    const report = (await answer.json()) as { status: string; parts: Record<string, { ok: boolean; ms: number }> };
    expect(report.status).toBe('ready');
    expect(answer.status).toBe(200);
    expect(Object.keys(report.parts).sort()).toEqual(['database', 'disk', 'ffmpeg', 'queue', 'storage']);
    for (const { ok, ms } of Object.values(report.parts)) expect([ok, ms >= 0]).toEqual([true, true]);
  });

  it('names the failing part, without its message', async () => {
    const { url } = await start({
      well: async () => {},
      ill: async () => {
        throw new Error('password=hunter2');
      },
    });
    const answer = await fetch(`${url}/ready`);
    const text = await answer.text();
    expect(answer.status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({
      status: 'not_ready',
      parts: { well: { ok: true }, ill: { ok: false, code: 'unexpected' } },
    });
    expect(text).not.toContain('hunter2');
    expect((await fetch(`${url}/live`)).status).toBe(200);
  });

  it('serves metrics as Prometheus reads them, and nothing else', async () => {
    const { url } = await start({});
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect(samplesOf(await answer.text()).get('media_jobs_started_total')).toBe(0);
    expect((await fetch(`${url}/other`)).status).toBe(404);
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405);
  });

  it('returns 503 while the process ends', async () => {
    const { server, url } = await start({});
    server.drain();
    const answer = await fetch(`${url}/ready`);
    expect([answer.status, ((await answer.json()) as { status: string }).status]).toEqual([503, 'stopping']);
  });

  it('is one call for a whole process, and nothing without a port', async () => {
    const databaseUrl = await createQueueDatabase();
    const options = {
      metrics: createMetrics(),
      host: '127.0.0.1',
      openQueueInspector: () => openQueueInspector({ databaseUrl }),
      workDir: folder,
      checks: {},
    };
    expect((await startMonitoring({ ...options, port: undefined })).port).toBeUndefined();
    const monitoring = await startMonitoring({ ...options, port: 0 });
    closing.push(monitoring.close);
    const samples = samplesOf(await (await fetch(`http://127.0.0.1:${monitoring.port}/metrics`)).text());
    for (const name of ['media_queue_up', 'media_work_dir_free_bytes', 'process_resident_memory_bytes'])
      expect(samples.get(name), name).toBeGreaterThan(0);
    monitoring.drain();
    expect((await fetch(`http://127.0.0.1:${monitoring.port}/ready`)).status).toBe(503);
  });

  it('names the port that is in use', async () => {
    const { server } = await start({});
    const { registry } = createMetrics();
    await expect(
      startHealthServer({ host: '127.0.0.1', port: server.port, registry, checks: {} }),
    ).rejects.toMatchObject({ code: 'config_invalid', message: expect.stringContaining(String(server.port)) });
  });

  it('checks a part once for many requests, and does not wait for one that hangs', async () => {
    let asked = 0;
    const readiness = watchReadiness({
      slow: (signal) => {
        asked++;
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('ended'))));
      },
    });
    const reads = Promise.all([readiness.read(), readiness.read(), readiness.read()]);
    readiness.stop();
    expect((await reads).map(({ status }) => status)).toEqual(['not_ready', 'not_ready', 'not_ready']);
    expect(asked).toBe(1);
  });
});
