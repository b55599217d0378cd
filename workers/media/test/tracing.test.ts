/** Traces, as a collector gets them: one for each job, from the command that added it to the worker's last upload. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateTools } from '@supabase-media/media/locate-tools';
import { readJson, runCommand, startCommand } from '@supabase-media/test-support/command';
import { type OtlpReceiver, type SeenSpan, startOtlpReceiver } from '@supabase-media/test-support/otlp-receiver';
import { createQueueDatabase } from '@supabase-media/test-support/queue';
import { queueBackends, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import { stackEnvironment, uniquePath } from '@supabase-media/test-support/stack';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder: string;
let clip: string;
let redis: TestRedis;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-tracing-'));
  redis = await startRedis();
  clip = join(folder, 'clip.mp4');
  const { ffmpeg } = await locateTools();
  const video = ['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=10:duration=1'];
  const made = spawnSync(ffmpeg.path, ['-nostdin', '-v', 'error', ...video, '-pix_fmt', 'yuv420p', clip]);
  if (made.status !== 0) throw new Error(String(made.stderr));
});
afterAll(async () => {
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Uploads, enqueues and processes the clip, each by a process of its own that ends. */
async function playJob(environment: Record<string, string>): Promise<void> {
  const path = uniquePath('clip.mp4');
  const source = ['--bucket', 'project-videos', '--path', path];
  readJson(await runCommand(['upload', clip, ...source, '--json'], environment));
  const worker = startCommand(['worker'], { ...environment, WORK_DIR: join(folder, path), LOG_FORMAT: 'json' });
  await worker.sees('"worker.ready"');
  const done = await runCommand(['enqueue', ...source, '--wait', '--json'], environment);
  worker.kill('SIGTERM');
  const ended = await worker.ended;
  expect([done.exitCode, ended.exitCode], done.stderr + ended.stderr).toEqual([0, 0]);
  // How the request began is no news beside how the job ended.
  const answer = readJson(done);
  expect(answer).toMatchObject({ outcome: expect.any(String) });
  expect(answer).not.toHaveProperty('state');
}

/** Whether a span stands below another one, however deep. */
function isBelow(span: SeenSpan, above: SeenSpan, spans: readonly SeenSpan[]): boolean {
  for (let at: SeenSpan | undefined = span; at !== undefined; ) {
    const parent: string | undefined = at.parentSpanId;
    if (parent === above.spanId) return true;
    at = spans.find(({ spanId }) => spanId === parent);
  }
  return false;
}

const find = (receiver: OtlpReceiver, name: string): SeenSpan => {
  const found = receiver.spans.filter((span) => span.name === name);
  expect(
    found.map((span) => span.name),
    receiver.spans.map((span) => span.name).join(', '),
  ).toEqual([name]);
  return found[0] as SeenSpan;
};

it.each(queueBackends())('a job on %s is one trace, and nothing else is any', async (kind) => {
  const receiver = await startOtlpReceiver();
  const { DATABASE_URL: _, ...stack } = stackEnvironment();
  await playJob({
    ...stack,
    ...(kind === 'redis' ? { REDIS_URL: redis.url } : { DATABASE_URL: await createQueueDatabase() }),
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20k',
  });
  await receiver.close();
  const { spans } = receiver;
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(new Set(receiver.keys)).toEqual(new Set(['Bearer k']));
  const added = find(receiver, 'add media.video.process');
  expect(added.parentSpanId).toBeUndefined();
  const processed = find(receiver, 'process media');
  expect(processed.parentSpanId).toBe(added.spanId);
  for (const step of ['download', 'probe', 'plan', 'encode', 'upload', 'record'])
    expect(isBelow(find(receiver, `step ${step}`), processed, spans), step).toBe(true);
  const upload = find(receiver, 'step upload');
  const sent = spans.filter(
    (span) => span.name === 'POST' && String(span.attributes.get('url.path')).startsWith('/storage/v1/object/'),
  );
  expect(sent.length).toBeGreaterThanOrEqual(1);
  expect(sent.some((span) => isBelow(span, upload, spans))).toBe(true);
  for (const span of sent) expect(span.attributes.get('http.response.status_code')).toBe(200);
  // No key of a signed address.
  for (const { attributes } of spans) expect(String(attributes.get('url.path') ?? '')).not.toContain('?');
});

it('is not made unless a collector is named, and a collector that is down stops nothing', async () => {
  const environment = { ...stackEnvironment(), DATABASE_URL: await createQueueDatabase() };
  await playJob({ ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
  const receiver = await startOtlpReceiver();
  await playJob(environment);
  await receiver.close();
  expect(receiver.spans).toEqual([]);
});
