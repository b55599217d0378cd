/** A trace that starts in the API when an upload is completed and continues in a worker. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateTools } from '@supabase-media/media/locate-tools';
import { startCommand } from '@supabase-media/test-support/command';
import { startOtlpReceiver } from '@supabase-media/test-support/otlp-receiver';
import { stackEnvironment } from '@supabase-media/test-support/stack';
import type { CompletedUpload, OpenUpload } from '@supabase-media/uploader/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiLab, createCaller, openApiLab, openLabQueue } from './support/api-lab.ts';
import { createTestUser } from './support/test-user.ts';

let lab: ApiLab;
let folder: string;
beforeAll(async () => {
  lab = await openApiLab();
  folder = await mkdtemp(join(tmpdir(), 'api-tracing-'));
});
afterAll(async () => {
  await lab?.close();
  await rm(folder, { recursive: true, force: true });
});

it('is one, from the request that completed the upload to the last result in Storage', async () => {
  const receiver = await startOtlpReceiver();
  const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
  const clip = join(folder, 'clip.mp4');
  const { ffmpeg } = await locateTools();
  const video = ['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=10:duration=1', '-pix_fmt', 'yuv420p'];
  expect(spawnSync(ffmpeg.path, ['-nostdin', '-v', 'error', ...video, clip]).status).toBe(0);
  const bytes = await readFile(clip);

  const api = await lab.start(tracing);
  const call = createCaller(api.url, (await createTestUser()).token());
  const { body: open } = await call<OpenUpload>('POST', '/api/uploads', {
    json: { fileName: 'clip.mp4', size: bytes.length },
  });
  await fetch(open.endpoint, {
    method: 'PUT',
    headers: { 'content-type': 'video/mp4' },
    body: new Uint8Array(bytes),
  });
  const { body: completed } = await call<CompletedUpload>('POST', `/api/uploads/${open.id}/complete`);
  expect(completed.jobState).toBe('created');
  expect(await api.end('SIGTERM')).toBe(0);

  const environment = { ...stackEnvironment(), DATABASE_URL: lab.queueUrl, WORK_DIR: folder };
  const worker = startCommand(['worker'], { ...environment, ...tracing });
  const queue = await openLabQueue(lab);
  const result = await queue.waitForVideo(`video-${completed.videoId}`);
  await queue.close();
  worker.kill('SIGTERM');
  expect((await worker.ended).exitCode).toBe(0);
  await receiver.close();

  expect(result.outputs.length).toBeGreaterThanOrEqual(1);
  const added = receiver.spans.find(({ name }) => name.startsWith('add media'));
  expect(added).toMatchObject({ service: 'supabase-media-api', parentSpanId: undefined });
  const processed = receiver.spans.find(({ name }) => name === 'process media');
  expect(processed).toMatchObject({
    service: 'supabase-media-worker',
    traceId: added?.traceId,
    parentSpanId: added?.spanId,
  });
  const stored = receiver.spans.filter(({ attributes }) =>
    String(attributes.get('url.path')).startsWith('/storage/v1/object/project-processed-videos/'),
  );
  expect(stored.length).toBeGreaterThanOrEqual(1);
  expect(new Set(receiver.spans.map(({ traceId }) => traceId))).toEqual(new Set([added?.traceId]));
});
