/** Two requests for one upload at the same time: the database request of one is held until the other is done. */
import { randomUUID } from 'node:crypto';
import { stackValue } from '@supabase-media/test-support/stack';
import type { OpenUpload } from '@supabase-media/uploader/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ApiLab,
  type ApiProcess,
  type Call,
  createCaller,
  mp4Bytes,
  openApiLab,
  openLabQueue,
  type ToldError,
} from './support/api-lab.ts';
import { type HoldingProxy, startHoldingProxy } from './support/holding-proxy.ts';
import { createTestUser, type TestUser } from './support/test-user.ts';

let lab: ApiLab;
let quick: ApiProcess;
let slow: ApiProcess;
let door: HoldingProxy;
let user: TestUser;
let call: Call;
let callSlow: Call;

/** Decides for the next request what it waits for. */
let onWrite: ((path: string) => Promise<void>) | undefined;

beforeAll(async () => {
  lab = await openApiLab();
  door = await startHoldingProxy(stackValue('SUPABASE_URL'), ({ method, path }) => {
    const held = method === 'PATCH' && path.startsWith('/rest/v1/upload_sessions') ? onWrite : undefined;
    onWrite = held === undefined ? onWrite : undefined;
    return held?.(path);
  });
  quick = await lab.start({ INTAKE_PROVE_SECONDS: '5' });
  slow = await lab.start({ SUPABASE_URL: door.url, SUPABASE_PUBLIC_URL: stackValue('SUPABASE_URL') });
  user = await createTestUser();
  call = createCaller(quick.url, user.token());
  callSlow = createCaller(slow.url, user.token());
});
afterAll(async () => {
  await lab?.close();
  await door?.close();
});

/** Runs something before the next write to a session continues. */
const beforeNextWrite = (act: (path: string) => Promise<unknown>): void => {
  onWrite = async (path) => void (await act(path));
};

/** An upload that is completely stored but not completed. */
async function upload(): Promise<OpenUpload> {
  const bytes = mp4Bytes(1000);
  const json = { fileName: 'a.mp4', size: bytes.length };
  const { body: open } = await call<OpenUpload>('POST', '/api/uploads', { json });
  const headers = { 'content-type': open.contentType };
  expect((await fetch(open.endpoint, { method: 'PUT', headers, body: new Uint8Array(bytes) })).status).toBe(200);
  return open;
}

/** An upload whose completion stopped after writing the video's row. */
async function uploadWithRow(): Promise<OpenUpload> {
  const open = await upload();
  await lab.sql(
    `insert into videos (id, owner_id, project, source_bucket, source_path, status, job_id)
     select video_id, owner_id, project, bucket, path, 'queued', $2 from upload_sessions where id = $1`,
    [open.id, `video-${open.videoId}`],
  );
  return open;
}

const setSession = ({ id }: { id: string }, columns: string) =>
  lab.sql(`update upload_sessions set ${columns} where id = $1`, [id]);
const stateOf = async ({ id }: { id: string }) =>
  (await lab.sql<{ state: string }>('select state from upload_sessions where id = $1', [id]))[0]?.state;
const statusOf = async ({ videoId }: { videoId: string }) =>
  (await lab.sql<{ status: string }>('select status from videos where id = $1', [videoId]))[0]?.status;

/** The queue's response to canceling a video's job; `unknown` if there is none. */
async function jobOf({ videoId }: { videoId: string }) {
  const queue = await openLabQueue(lab);
  const { state } = await queue.cancelVideo(videoId);
  await queue.close();
  return state;
}

const complete = (open: OpenUpload, as = call) =>
  as<{ jobState: string } & ToldError>('POST', `/api/uploads/${open.id}/complete`);

describe('completing', () => {
  it('takes over from a process that died, waits for a running one, and returns the same result again', async () => {
    const open = await upload();
    await setSession(
      open,
      `state = 'completing', claimed_by = gen_random_uuid(), claimed_until = now() + interval '1 h'`,
    );
    const early = await complete(open);
    expect([early.status, early.body.error.code]).toEqual([503, 'storage_unavailable']);
    expect(Number(early.headers.get('retry-after'))).toBeGreaterThan(0);
    await setSession(open, `claimed_until = now() - interval '1 s'`);
    expect((await complete(open)).body).toMatchObject({ jobState: 'created' });
    expect((await complete(open)).body).toMatchObject({ jobState: 'existing' });
  });

  it('whose lease expired does not touch the video that another request completed meanwhile', async () => {
    const open = await upload();
    beforeNextWrite(async () => {
      await setSession(open, `claimed_until = now() - interval '1 s'`);
      expect((await complete(open)).status).toBe(200);
    });
    const late = await complete(open, callSlow);
    expect([late.status, late.body.jobState]).toEqual([200, 'existing']);
    expect([await stateOf(open), await statusOf(open), await jobOf(open)]).toEqual(['completed', 'queued', 'canceled']);
  });

  it('waits for the request that holds the lease', async () => {
    const open = await upload();
    beforeNextWrite(async () => {
      await setSession(open, `claimed_by = '${randomUUID()}', claimed_until = now() + interval '1 h'`);
      setTimeout(() => void setSession(open, `state = 'completed', ended_at = now(), claimed_by = null`), 500);
    });
    const late = await complete(open, callSlow);
    expect([late.status, late.body.jobState]).toEqual([200, 'existing']);
    expect([await statusOf(open), await jobOf(open)]).toEqual(['queued', 'canceled']);
  });

  it('whose session is canceled meanwhile removes the job again', async () => {
    const open = await upload();
    beforeNextWrite(() => call('DELETE', `/api/uploads/${open.id}`));
    expect((await complete(open, callSlow)).body.error.code).toBe('session_ended');
    expect([await stateOf(open), await statusOf(open), await jobOf(open)]).toEqual(['canceled', 'canceled', 'unknown']);
  });
});

describe('canceling', () => {
  it('an upload whose completion failed after it wrote the row cancels the video, too', async () => {
    const open = await uploadWithRow();
    expect((await call('DELETE', `/api/uploads/${open.id}`)).status).toBe(200);
    expect([await stateOf(open), await statusOf(open)]).toEqual(['canceled', 'canceled']);
  });

  it('an upload that is completed at the same moment cancels its job', async () => {
    const open = await upload();
    beforeNextWrite(() => complete(open));
    expect((await callSlow('DELETE', `/api/uploads/${open.id}`)).status).toBe(200);
    expect([await stateOf(open), await statusOf(open), await jobOf(open)]).toEqual(['canceled', 'canceled', 'unknown']);
  });

  it('twice at once succeeds twice', async () => {
    const open = await upload();
    beforeNextWrite(() => call('DELETE', `/api/uploads/${open.id}`));
    expect((await callSlow('DELETE', `/api/uploads/${open.id}`)).status).toBe(200);
  });
});
