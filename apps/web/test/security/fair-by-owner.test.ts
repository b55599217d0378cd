/** What one user may ask of the workers: so many videos at once, nothing twice that was judged, and only with an account. */
import { randomUUID } from 'node:crypto';
import { FIRST_TURNS } from '@supabase-media/queue/policy';
import { stackValue } from '@supabase-media/test-support/stack';
import { createUploader } from '@supabase-media/uploader';
import type { OpenUpload, Upload, Video } from '@supabase-media/uploader/contract';
import { openNodeTransport } from '@supabase-media/uploader/node/http-transport';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type ApiLab,
  type ApiProcess,
  type Call,
  createCaller,
  mp4Bytes,
  openApiLab,
  openLabQueue,
  type ToldError,
} from '../support/api-lab.ts';
import { createTestUser, readClaims, signToken, type TestUser } from '../support/test-user.ts';

const LIMIT = 3;

let lab: ApiLab;
/** Two processes: the limit is the owner's, not a process's. */
let apis: [ApiProcess, ApiProcess];
let user: TestUser;
let calls: [Call, Call];

beforeAll(async () => {
  lab = await openApiLab();
  const settings = { MAX_QUEUED_PER_OWNER: String(LIMIT) };
  apis = [await lab.start(settings), await lab.start(settings)];
});
afterAll(() => lab?.close());
beforeEach(async () => {
  // What earlier tests left waiting is none of the sweeps' business here.
  await lab.sql('update upload_sessions set awaits_room_since = null where awaits_room_since is not null');
  user = await createTestUser();
  calls = [createCaller(apis[0].url, user.token()), createCaller(apis[1].url, user.token())];
});

/** An upload whose bytes are all stored. */
async function upload(json: Record<string, unknown> = {}): Promise<OpenUpload> {
  const bytes = mp4Bytes(1000);
  const request = { fileName: 'a.mp4', size: bytes.length, ...json };
  const { body: open } = await calls[0]<OpenUpload>('POST', '/api/uploads', { json: request });
  const headers = { 'content-type': open.contentType };
  expect((await fetch(open.endpoint, { method: 'PUT', headers, body: new Uint8Array(bytes) })).status).toBe(200);
  return open;
}

const complete = (id: string, call: Call = calls[0]) => call<ToldError>('POST', `/api/uploads/${id}/complete`);
const retry = (id: string, call: Call = calls[0]) => call<ToldError>('POST', `/api/videos/${id}/retry`);
const setStatus = (id: string, status: string, more = '') =>
  lab.sql(`update videos set status = $2, finished_at = now() ${more} where id = $1`, [id, status]);
const placeOf = async (id: string) =>
  (await lab.sql<{ queue_priority: number | null }>('select queue_priority from videos where id = $1', [id]))[0]
    ?.queue_priority;
const unfinished = async () =>
  Number(
    (
      await lab.sql<{ count: string }>(
        `select count(*) from videos where owner_id = $1 and status in ('queued', 'processing')`,
        [user.id],
      )
    )[0]?.count,
  );

const sweep = async () => {
  const { stdout } = await lab.run(['sweep', '--json'], { MAX_QUEUED_PER_OWNER: String(LIMIT) });
  return JSON.parse(stdout) as { completed: number; failed: number };
};

describe('the videos of one owner', () => {
  it('are limited, whichever process is asked at the same time', async () => {
    const uploads = await Promise.all(Array.from({ length: 10 }, () => upload()));
    const answers = await Promise.all(uploads.map(({ id }, index) => complete(id, calls[index % 2 === 0 ? 0 : 1])));
    const refused = answers.filter(({ status }) => status !== 200);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(LIMIT);
    expect(await unfinished()).toBe(LIMIT);
    for (const { status, headers, body } of refused) {
      expect([status, body.error.code]).toEqual([429, 'too_many_queued']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(body.error.details).toEqual({ queued: LIMIT, limit: LIMIT });
    }
    // What was refused has no row and no job, and can be completed later.
    const waiting = uploads.filter((_, index) => answers[index]?.status !== 200);
    for (const { id, videoId } of waiting) {
      expect(await lab.jobCount(videoId)).toBe(0);
      expect((await calls[0]<Upload>('GET', `/api/uploads/${id}`)).body.state).toBe('open');
    }
    // Another owner is not concerned.
    const other = await createTestUser();
    calls = [createCaller(apis[0].url, other.token()), calls[1]];
    expect((await complete((await upload()).id)).status).toBe(200);
  });

  it('take turns, and one that waits keeps its own', async () => {
    const uploads = [await upload(), await upload()];
    for (const { id } of uploads) expect((await complete(id)).status).toBe(200);
    const places = await Promise.all(uploads.map(({ videoId }) => placeOf(videoId)));
    expect(Number(places[0])).toBeGreaterThanOrEqual(FIRST_TURNS.normal);
    expect(Number(places[1])).toBeGreaterThan(Number(places[0]));
    const other = await createTestUser();
    calls = [createCaller(apis[0].url, other.token()), calls[1]];
    const { id, videoId } = await upload();
    await complete(id);
    const place = await placeOf(videoId);
    expect(Number(place)).toBeLessThan(Number(places[1]));
    expect((await complete(id)).body).toMatchObject({ jobState: 'existing' });
    expect(await placeOf(videoId)).toBe(place);
    await setStatus(videoId, 'failed');
    expect(await placeOf(videoId)).toBeNull();
  });

  it('lose no upload: it is enqueued by the next complete, or by the sweep when nobody asks', async () => {
    const uploads: OpenUpload[] = [];
    for (let index = 0; index < LIMIT + 2; index++) uploads.push(await upload());
    for (const { id } of uploads.slice(0, LIMIT)) expect((await complete(id)).status).toBe(200);
    const [asked, left] = uploads.slice(LIMIT) as [OpenUpload, OpenUpload];
    for (const { id } of [asked, left]) expect((await complete(id)).status).toBe(429);
    // It would have expired; it waits for as long as a week.
    const [row] = await lab.sql<{ days: number }>(
      `select extract(epoch from expires_at - now())::float / 86400 as days from upload_sessions where id = $1`,
      [left.id],
    );
    expect(row?.days).toBeGreaterThan(6.9);
    expect(await sweep()).toMatchObject({ completed: 0, failed: 0 });

    await setStatus(String(uploads[0]?.videoId), 'ready');
    expect((await complete(asked.id)).status).toBe(200);
    expect((await complete(left.id)).status).toBe(429);
    await setStatus(String(uploads[1]?.videoId), 'ready');
    expect(await sweep()).toMatchObject({ completed: 1, failed: 0 });
    expect((await calls[0]<Upload>('GET', `/api/uploads/${left.id}`)).body.state).toBe('completed');
    expect(await lab.jobCount(left.videoId)).toBe(1);
    expect((await complete(left.id)).body).toMatchObject({ jobState: 'existing', videoId: left.videoId });
  });

  it('keep no upload waiting whose bytes are not there', async () => {
    for (let index = 0; index < LIMIT; index++) await complete((await upload()).id);
    const json = { fileName: 'a.mp4', size: 1000 };
    const { body: empty } = await calls[0]<OpenUpload>('POST', '/api/uploads', { json });
    expect((await complete(empty.id)).body.error.code).toBe('upload_incomplete');
    const waits = async ({ id }: OpenUpload) =>
      (await lab.sql(`select awaits_room_since is not null as waits from upload_sessions where id = $1`, [id]))[0]
        ?.waits;
    expect(await waits(empty)).toBe(false);
    // Gone since it was refused for want of room.
    const gone = await upload();
    expect((await complete(gone.id)).status).toBe(429);
    expect(await waits(gone)).toBe(true);
    const key = stackValue('SUPABASE_SERVICE_ROLE_KEY');
    const removed = await fetch(`${stackValue('SUPABASE_URL')}/storage/v1/object/${gone.bucket}/${gone.path}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${key}`, apikey: key },
    });
    expect(removed.status).toBe(200);
    await lab.sql(`update videos set status = 'ready' where owner_id = $1`, [user.id]);
    expect(await sweep()).toMatchObject({ completed: 0, failed: 1 });
    expect(await waits(gone)).toBe(false);
    expect(await sweep()).toMatchObject({ completed: 0, failed: 0 });
  });

  it('wait in the uploader, too, until there is room', async () => {
    const first: OpenUpload[] = [];
    for (let index = 0; index < LIMIT; index++) {
      first.push(await upload());
      await complete(String(first[index]?.id));
    }
    const node = openNodeTransport();
    const uploader = createUploader({ apiUrl: apis[0].url, getToken: () => user.token(), transport: node.send });
    const states: string[] = [];
    let freed: Promise<unknown> | undefined;
    const file = new File([new Uint8Array(mp4Bytes(2000))], 'more.mp4', { type: 'video/mp4' });
    const handle = uploader.uploadVideo(file, {
      onState: (state) => {
        states.push(state.name === 'waiting' ? `waiting: ${state.error.code}` : state.name);
        if (state.name === 'waiting') {
          freed ??= setStatus(String(first[0]?.videoId), 'ready').then(() => {
            // As a click on "Try now" does.
            handle.pause();
            handle.resume();
          });
        }
      },
    });
    const { videoId } = await handle.finished.finally(node.close);
    await freed;
    expect(states).toContain('waiting: too_many_videos');
    expect(await lab.jobCount(videoId)).toBe(1);
  });

  it('are counted for a retry, too', async () => {
    const uploads: OpenUpload[] = [];
    for (let index = 0; index < LIMIT; index++) {
      uploads.push(await upload());
      await complete(String(uploads[index]?.id));
    }
    const failed = String(uploads[0]?.videoId);
    await setStatus(failed, 'failed');
    const queue = await openLabQueue(lab);
    await queue.cancelVideo(failed);
    await queue.close();
    const more = await upload();
    expect((await complete(more.id)).status).toBe(200);
    const refused = await retry(failed);
    expect([refused.status, refused.body.error.code]).toEqual([429, 'too_many_queued']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await calls[0]<Video>('GET', `/api/videos/${failed}`)).body.status).toBe('failed');
    await setStatus(more.videoId, 'ready');
    expect((await retry(failed)).status).toBe(200);
  });
});

describe('a rejected video', () => {
  it('cannot be retried unchanged, however often it is asked for', async () => {
    const { id, videoId } = await upload();
    await complete(id);
    await setStatus(
      videoId,
      'rejected',
      `, outcome = 'rejected', error_code = 'no_video_stream', error_message = 'The file has no picture.'`,
    );
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => retry(videoId, calls[index % 2 === 0 ? 0 : 1])),
    );
    for (const { status, body } of answers) {
      expect([status, body.error.code]).toEqual([409, 'video_rejected']);
      expect(body.error.message).toContain('The file has no picture.');
      expect(body.error.action).toMatch(/corrected file/);
    }
    expect(await placeOf(videoId)).toBeNull();
    expect((await calls[0]<Video>('GET', `/api/videos/${videoId}`)).body.status).toBe('rejected');
    // Completing its session again is no way around.
    expect((await complete(id)).body).toMatchObject({ jobState: 'existing' });
    await lab.sql(`update upload_sessions set state = 'open', ended_at = null where id = $1`, [id]);
    expect((await complete(id)).body).toMatchObject({ jobState: 'existing' });
    expect((await calls[0]<Video>('GET', `/api/videos/${videoId}`)).body.status).toBe('rejected');
  });
});

describe('anonymous sign-ins', () => {
  const anonymous = (value: unknown) => {
    const { is_anonymous: _, ...claims } = readClaims(user.token());
    return signToken({ ...claims, is_anonymous: value });
  };
  const json = { fileName: 'a.mp4', size: 1000 };

  it('are refused everywhere unless they are allowed', async () => {
    const call = createCaller(apis[0].url, anonymous(true));
    const requests: [string, string, object?][] = [
      ['POST', '/api/uploads', { json }],
      ['GET', '/api/uploads'],
      ['GET', '/api/videos'],
      ['POST', `/api/videos/${randomUUID()}/retry`],
      ['POST', `/api/uploads/${randomUUID()}/relay`],
    ];
    for (const [method, path, options] of requests) {
      const { status, body } = await call<ToldError>(method, path, options);
      expect([path, status, body.error?.code]).toEqual([path, 403, 'anonymous_refused']);
    }
    expect((await createCaller(apis[0].url, anonymous(false))('POST', '/api/uploads', { json })).status).toBe(201);

    const open = await lab.start({ ALLOW_ANONYMOUS_USERS: 'true' });
    expect((await createCaller(open.url, anonymous(true))('POST', '/api/uploads', { json })).status).toBe(201);
    await open.end('SIGTERM');
  });
});
