/** An abandoned session leaves no row, no partial upload and no object; failures are retried. */

import { startFaultProxy } from '@supabase-media/test-support/fault-proxy';
import { done, withConsumerOn } from '@supabase-media/test-support/queue';
import { stackValue, startOwnStack } from '@supabase-media/test-support/stack';
import type { OpenUpload } from '@supabase-media/uploader/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SweepResult } from '../src/server/sweep.ts';
import {
  type ApiLab,
  type ApiProcess,
  type Call,
  createCaller,
  mp4Bytes,
  openApiLab,
  openLabQueue,
  patchAt,
  type ToldError,
} from './support/api-lab.ts';
import { startHoldingProxy } from './support/holding-proxy.ts';
import { createTestUser } from './support/test-user.ts';

let lab: ApiLab;
let api: ApiProcess;
let call: Call;

// A sweep takes what any test left in the database, so it has one to itself.
let stopStack: () => Promise<void>;
beforeAll(async () => {
  stopStack = await startOwnStack();
  lab = await openApiLab();
  api = await lab.start();
  call = createCaller(api.url, (await createTestUser()).token());
});
afterAll(async () => {
  await lab?.close();
  await stopStack?.();
});

const begin = async (size: number) =>
  (await call<OpenUpload>('POST', '/api/uploads', { json: { fileName: 'a.mp4', size } })).body;

/** An expired session with some bytes. */
async function abandon(): Promise<OpenUpload> {
  const open = await begin(8_000_000);
  await fetch(String(open.uploadUrl), {
    method: 'PATCH',
    headers: { ...patchAt(0), 'x-signature': open.token },
    body: new Uint8Array(mp4Bytes(1_000_000)),
  });
  await age(open, '25 hours');
  return open;
}

const age = ({ id }: { id: string }, by: string) =>
  lab.sql(
    `update upload_sessions set expires_at = expires_at - $2::interval, ended_at = ended_at - $2::interval,
       tokens_until = tokens_until - $2::interval, cleaned_at = cleaned_at - $2::interval,
       claimed_until = claimed_until - $2::interval where id = $1`,
    [id, by],
  );

const rowOf = async ({ id }: { id: string }) =>
  (
    await lab.sql<{ state: string; cleaned: boolean }>(
      `select state, cleaned_at is not null as cleaned from upload_sessions where id = $1`,
      [id],
    )
  )[0];

const sweep = async (environment: Record<string, string> = {}) => {
  const { exitCode, stdout, stderr } = await lab.run(['sweep', '--json'], environment);
  expect(stderr.match(/error \(/)).toBeNull();
  expect(exitCode).toBe(0);
  return JSON.parse(stdout) as SweepResult;
};

describe('a sweep', () => {
  it('ends expired sessions, removes their bytes, and finally their rows', async () => {
    const [old, oldSingle, young] = [await abandon(), await begin(1000), await begin(8_000_000)];
    await fetch(oldSingle.endpoint, {
      method: 'PUT',
      headers: { 'content-type': 'video/mp4' },
      body: new Uint8Array(mp4Bytes(1000)),
    });
    await age(oldSingle, '25 hours');
    expect(await lab.hasObject(oldSingle)).toBe(true);
    // Nobody can go on with it, also before it is swept.
    for (const path of ['resume', 'complete'])
      expect((await call<ToldError>('POST', `/api/uploads/${old.id}/${path}`)).body.error.code).toBe('session_expired');
    expect((await call('GET', `/api/uploads/${old.id}`)).body).toMatchObject({ state: 'abandoned' });
    expect(await sweep()).toMatchObject({ abandoned: 2, cleaned: 2, failed: 0 });
    expect(await rowOf(old)).toEqual({ state: 'abandoned', cleaned: true });
    expect(await lab.partialStatus(String(old.uploadUrl), old.token)).toBe(404);
    expect(await lab.hasObject(oldSingle)).toBe(false);
    expect(await rowOf(young)).toMatchObject({ state: 'open' });
    expect(await sweep()).toEqual({
      completed: 0,
      enqueued: 0,
      abandoned: 0,
      oversized: 0,
      cleaned: 0,
      replaced: 0,
      forgotten: 0,
      failed: 0,
    });

    // Its upload token outlived it, and somebody used that.
    await fetch(oldSingle.endpoint, {
      method: 'PUT',
      headers: { 'content-type': 'video/mp4' },
      body: new Uint8Array(mp4Bytes(1000)),
    });
    expect(await lab.hasObject(oldSingle)).toBe(true);
    for (const session of [old, oldSingle]) await age(session, '8 days');
    expect(await sweep()).toMatchObject({ forgotten: 2, failed: 0 });
    expect(await rowOf(old)).toBeUndefined();
    expect(await rowOf(oldSingle)).toBeUndefined();
    expect(await lab.hasObject(oldSingle)).toBe(false);
    await call('DELETE', `/api/uploads/${young.id}`);
  });

  it('by three processes at once works on each session once', async () => {
    const sessions = await Promise.all(Array.from({ length: 6 }, abandon));
    const results = await Promise.all([sweep(), sweep(), sweep()]);
    expect(results.reduce((sum, { abandoned }) => sum + abandoned, 0)).toBe(6);
    expect(results.reduce((sum, { cleaned }) => sum + cleaned, 0)).toBe(6);
    for (const session of sessions) expect(await rowOf(session)).toEqual({ state: 'abandoned', cleaned: true });
  });

  it('that fails half-way is finished by the next one', async () => {
    const old = await abandon();
    const proxy = await startFaultProxy(stackValue('SUPABASE_URL'), ({ method, path }) =>
      method === 'DELETE' && path.includes('/object/')
        ? { kind: 'answer', status: 503, body: 'down' }
        : { kind: 'pass' },
    );
    expect(await sweep({ SUPABASE_URL: proxy.url })).toMatchObject({ abandoned: 1, cleaned: 0, failed: 1 });
    await proxy.close();
    expect(await rowOf(old)).toEqual({ state: 'abandoned', cleaned: false });
    // The lease of the failed sweep expires.
    await age(old, '10 minutes');
    expect(await sweep()).toMatchObject({ cleaned: 1, failed: 0 });
    expect(await rowOf(old)).toEqual({ state: 'abandoned', cleaned: true });
  });

  it('leaves a completed upload alone, and completes one whose process died after enqueueing', async () => {
    const bytes = mp4Bytes(1000);
    const open = await begin(bytes.length);
    await fetch(open.endpoint, {
      method: 'PUT',
      headers: { 'content-type': 'video/mp4' },
      body: new Uint8Array(bytes),
    });
    await call('POST', `/api/uploads/${open.id}/complete`);
    await lab.sql(
      `update upload_sessions set state = 'completing', ended_at = null, claimed_until = now() - interval '1 minute' where id = $1`,
      [open.id],
    );
    await age(open, '25 hours');
    expect(await sweep()).toMatchObject({ abandoned: 0, cleaned: 0 });
    expect(await rowOf(open)).toMatchObject({ state: 'completed' });
    expect(await lab.hasObject(open)).toBe(true);
    await age(open, '8 days');
    await sweep();
    // Its video still waits for a worker, who judges what is stored.
    expect(await rowOf(open)).toMatchObject({ state: 'completed' });
    await lab.sql(`update videos set status = 'ready', outcome = 'remuxed' where id = $1`, [open.videoId]);
    await sweep();
    expect(await rowOf(open)).toBeUndefined();
    expect(await lab.hasObject(open)).toBe(true);
  });

  it('enqueues a video whose process died before it added the job, once the queue can be reached', async () => {
    const bytes = mp4Bytes(1000);
    const open = await begin(bytes.length);
    await fetch(open.endpoint, {
      method: 'PUT',
      headers: { 'content-type': 'video/mp4' },
      body: new Uint8Array(bytes),
    });
    const jobId = `video-${open.videoId}`;
    await lab.sql(
      `insert into videos (id, owner_id, project, source_bucket, source_path, status, job_id)
       select video_id, owner_id, project, bucket, path, 'queued', $2 from upload_sessions where id = $1`,
      [open.id, jobId],
    );
    await lab.sql(
      `update upload_sessions set state = 'completing', claimed_until = now() - interval '1 minute' where id = $1`,
      [open.id],
    );
    await age(open, '25 hours');
    expect(await sweep({ DATABASE_URL: 'postgres://127.0.0.1:9/none' })).toMatchObject({ enqueued: 0, failed: 1 });
    expect(await rowOf(open)).toMatchObject({ state: 'completing' });
    // The lease of the failed sweep expires.
    await age(open, '10 minutes');
    expect(await sweep()).toMatchObject({ enqueued: 1, abandoned: 0, failed: 0 });
    expect(await rowOf(open)).toMatchObject({ state: 'completed' });
    const queue = await openLabQueue(lab);
    const source = { bucket: open.bucket, path: open.path };
    expect(await queue.enqueueVideo({ ownerId: null, source, videoId: open.videoId })).toMatchObject({
      jobId,
      state: 'existing',
    });
    await queue.close();
    expect(await lab.hasObject(open)).toBe(true);
  });

  it('skips a row that it cannot read', async () => {
    const [strange, old] = [await abandon(), await abandon()];
    // The first in line.
    await lab.sql(`update upload_sessions set created_at = '-infinity', ended_at = null where id = $1`, [strange.id]);
    const { exitCode, stdout, stderr } = await lab.run(['sweep', '--json']);
    expect([exitCode, JSON.parse(stdout)]).toMatchObject([0, { abandoned: 2, cleaned: 1, failed: 1 }]);
    expect(stderr).toMatch(new RegExp(`"event":"sweep.row_unreadable".*${strange.id}`));
    expect(await rowOf(old)).toEqual({ state: 'abandoned', cleaned: true });
    await lab.sql('delete from upload_sessions where id = $1', [strange.id]);
  });

  it('runs the other stages if one fails, and fails if all do', async () => {
    const old = await abandon();
    const missing = await startFaultProxy(stackValue('SUPABASE_URL'), ({ path }) =>
      path.includes('/rpc/claim_left_uploads')
        ? { kind: 'answer', status: 404, body: '{"code":"PGRST202","message":"no such function"}' }
        : { kind: 'pass' },
    );
    const { exitCode, stdout, stderr } = await lab.run(['sweep', '--json'], { SUPABASE_URL: missing.url });
    expect([exitCode, JSON.parse(stdout)]).toMatchObject([0, { abandoned: 1, cleaned: 1, failed: 1 }]);
    expect(stderr).toMatch(/"event":"sweep.stage_failed","stage":"left","code":"database_unavailable"/);
    expect(await rowOf(old)).toEqual({ state: 'abandoned', cleaned: true });
    await missing.close();
    const away = await lab.run(['sweep'], { SUPABASE_URL: missing.url });
    expect([away.exitCode, away.stderr]).toEqual([1, expect.stringContaining('error (')]);
  });

  it('is run by the server', async () => {
    const old = await abandon();
    const sweeping = await lab.start({ SWEEP_EVERY_SECONDS: '1' });
    await expect.poll(() => rowOf(old), { timeout: 20_000 }).toEqual({ state: 'abandoned', cleaned: true });
    expect(await sweeping.end('SIGTERM')).toBe(0);
  });
});

/** An expired upload whose completion stopped after writing the video's row. */
async function leave(): Promise<OpenUpload> {
  const open = await begin(1000);
  await lab.sql(
    `insert into videos (id, owner_id, project, source_bucket, source_path, status, job_id)
     select video_id, owner_id, project, bucket, path, 'queued', $2 from upload_sessions where id = $1`,
    [open.id, `video-${open.videoId}`],
  );
  await age(open, '25 hours');
  return open;
}

const statusOf = async ({ videoId }: OpenUpload) =>
  (await lab.sql<{ status: string }>('select status from videos where id = $1', [videoId]))[0]?.status;

/** The queue's response to canceling a video's job; `unknown` if there is none. */
async function jobOf({ videoId }: OpenUpload) {
  const queue = await openLabQueue(lab);
  const { state } = await queue.cancelVideo(videoId);
  await queue.close();
  return state;
}

describe('a sweep that enqueues orphaned videos', () => {
  /** Sweeps two left uploads; while the first is being ended, something happens to the other. */
  async function sweepWhile(happens: (other: OpenUpload) => Promise<unknown>): Promise<OpenUpload> {
    const left = [await leave(), await leave()];
    let other: OpenUpload | undefined;
    const door = await startHoldingProxy(stackValue('SUPABASE_URL'), ({ method, path }) => {
      if (other !== undefined || method !== 'PATCH' || !path.startsWith('/rest/v1/upload_sessions')) return undefined;
      other = left.find(({ id }) => !path.includes(id));
      return other && happens(other);
    });
    expect(await sweep({ SUPABASE_URL: door.url })).toMatchObject({ enqueued: 1, failed: 0 });
    await door.close();
    if (other === undefined) throw new Error('nothing was held');
    return other;
  }

  it('does not enqueue a video that is canceled meanwhile', async () => {
    const other = await sweepWhile(({ videoId }) => call('POST', `/api/videos/${videoId}/cancel`));
    expect([(await rowOf(other))?.state, await statusOf(other), await jobOf(other)]).toEqual([
      'completed',
      'canceled',
      'unknown',
    ]);
  });

  it('does not enqueue a video that is deleted meanwhile', async () => {
    const other = await sweepWhile(({ videoId }) => call('DELETE', `/api/videos/${videoId}`));
    expect([(await rowOf(other))?.state, await statusOf(other), await jobOf(other)]).toEqual([
      'abandoned',
      undefined,
      'unknown',
    ]);
  });

  it('does not enqueue a video that is finished meanwhile', async () => {
    const other = await sweepWhile(async ({ videoId, bucket, path }) => {
      const queue = await openLabQueue(lab);
      await withConsumerOn({ databaseUrl: lab.queueUrl }, { process: async (payload) => done(payload) }, async () => {
        const { jobId } = await queue.enqueueVideo({ ownerId: null, source: { bucket, path }, videoId });
        await queue.waitForVideo(jobId);
      });
      await lab.sql(`update videos set status = 'ready', outcome = 'remuxed' where id = $1`, [videoId]);
      await queue.close();
    });
    expect([(await rowOf(other))?.state, await statusOf(other), await jobOf(other)]).toEqual([
      'completed',
      'ready',
      'finished',
    ]);
  });
});
