/** Videos: who sees them, how to follow them, and what an owner can do with them. */
import { randomUUID } from 'node:crypto';
import { withConsumerOn } from '@supabase-media/test-support/queue';
import { stackValue } from '@supabase-media/test-support/stack';
import type { OpenUpload, Video } from '@supabase-media/uploader/contract';
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
import { createTestUser, type TestUser } from './support/test-user.ts';

let lab: ApiLab;
let api: ApiProcess;
let user: TestUser;
let call: Call;

beforeAll(async () => {
  lab = await openApiLab();
  api = await lab.start({ EVENTS_MAX_PER_USER: '3' });
  user = await createTestUser();
  call = createCaller(api.url, user.token());
});
afterAll(() => lab?.close());

/** An uploaded video that is queued. */
async function makeVideo(): Promise<OpenUpload> {
  const bytes = mp4Bytes(1000);
  const { body: open } = await call<OpenUpload>('POST', '/api/uploads', {
    json: { fileName: 'a.mp4', size: bytes.length },
  });
  await fetch(open.endpoint, {
    method: 'PUT',
    headers: { 'content-type': open.contentType },
    body: new Uint8Array(bytes),
  });
  expect((await call('POST', `/api/uploads/${open.id}/complete`)).status).toBe(200);
  return open;
}

interface Told {
  readonly id: number;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** Follows a video; `next` waits for one more event, undefined at the end of the stream. */
async function follow(id: string, options: { lastEventId?: number; token?: string } = {}) {
  const answer = await fetch(`${api.url}/api/videos/${id}/events`, {
    headers: {
      authorization: `Bearer ${options.token ?? user.token()}`,
      ...(options.lastEventId !== undefined && { 'last-event-id': String(options.lastEventId) }),
    },
  });
  async function* read(): AsyncGenerator<Told> {
    let text = '';
    for await (const piece of answer.body ?? []) {
      text += Buffer.from(piece).toString();
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
        if (fields.event !== undefined)
          yield { id: Number(fields.id), event: fields.event, data: JSON.parse(fields.data) };
      }
    }
  }
  const events = read();
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    next: async (): Promise<Told | undefined> => {
      const { value, done } = await events.next();
      return done ? undefined : value;
    },
    leave: () => answer.body?.cancel().catch(() => {}),
  };
}

const setRow = (id: string, columns: string) => lab.sql(`update videos set ${columns} where id = $1`, [id]);

describe('following a video', () => {
  it('sends each step and the end to all listeners', async () => {
    const { videoId } = await makeVideo();
    const [one, two] = [await follow(videoId), await follow(videoId)];
    expect(one.type).toMatch(/^text\/event-stream/);
    const first = await one.next();
    expect(first).toMatchObject({ event: 'progress', data: { status: 'queued', percent: 0 } });
    expect(await two.next()).toEqual(first);
    await setRow(
      videoId,
      `status = 'processing', step = 'encode', progress = 50, started_at = now() - interval '30 seconds'`,
    );
    const half = await one.next();
    expect(half).toMatchObject({ event: 'progress', data: { status: 'processing', step: 'encode', percent: 50 } });
    // Only who does the work knows how long it takes.
    expect(half?.data.etaSeconds).toBeUndefined();
    expect(Number(half?.id)).toBeGreaterThan(Number(first?.id));
    // Who comes again has seen that one already.
    const again = await follow(videoId, { lastEventId: Number(half?.id) });
    await setRow(videoId, `status = 'ready', outcome = 'processed', progress = 100, finished_at = now()`);
    expect(await again.next()).toMatchObject({ event: 'ended', data: { status: 'ready', outcome: 'processed' } });
    expect(await one.next()).toMatchObject({ event: 'ended' });
    expect(await one.next()).toBeUndefined();
    await two.leave();
    // The end is told to whoever comes late, too.
    expect(await (await follow(videoId)).next()).toMatchObject({ event: 'ended' });
  });

  it('is only for the owner, and limited in number', async () => {
    const { videoId } = await makeVideo();
    const stranger = await createTestUser();
    expect((await follow(videoId, { token: stranger.token() })).status).toBe(404);
    expect((await follow(randomUUID())).status).toBe(404);
    const open = [await follow(videoId), await follow(videoId), await follow(videoId)];
    const refused = await call<ToldError>('GET', `/api/videos/${videoId}/events`);
    expect([refused.status, refused.body.error.code]).toEqual([429, 'too_many_listeners']);
    for (const listener of open) await listener.leave();
    await expect
      .poll(async () => {
        const listener = await follow(videoId);
        await listener.leave();
        return listener.status;
      })
      .toBe(200);
    await call('POST', `/api/videos/${videoId}/cancel`);
  });

  it('ends when the server stops, which does not wait for it', async () => {
    const { videoId } = await makeVideo();
    const other = await lab.start();
    const answer = await fetch(`${other.url}/api/videos/${videoId}/events`, {
      headers: { authorization: `Bearer ${user.token()}` },
    });
    const ended = answer.text();
    const started = performance.now();
    expect(await other.end('SIGTERM')).toBe(0);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(await ended).not.toContain('event: ended');
    await call('POST', `/api/videos/${videoId}/cancel`);
  });
});

describe('an owner', () => {
  it('sees only their own videos, newest first, page by page', async () => {
    const fresh = await createTestUser();
    const as = createCaller(api.url, fresh.token());
    for (let number = 0; number < 3; number += 1)
      await lab.sql(
        `insert into videos (owner_id, source_bucket, source_path, created_at) values ($1, 'project-videos', $2, now() - $3::interval)`,
        [fresh.id, `${fresh.id}/${number}.mp4`, `${number} minutes`],
      );
    const first = (await as<{ videos: Video[]; nextBefore: string }>('GET', '/api/videos?limit=2')).body;
    expect(first.videos.map(({ sourcePath }) => sourcePath)).toEqual([`${fresh.id}/0.mp4`, `${fresh.id}/1.mp4`]);
    const second = (
      await as<{ videos: Video[]; nextBefore: null }>('GET', `/api/videos?limit=2&before=${first.nextBefore}`)
    ).body;
    expect(second.videos.map(({ sourcePath }) => sourcePath)).toEqual([`${fresh.id}/2.mp4`]);
    expect(second.nextBefore).toBeNull();
    const id = String(first.videos[0]?.id);
    expect((await call<ToldError>('GET', `/api/videos/${id}`)).body.error.code).toBe('video_not_found');
    for (const [method, path] of [
      ['POST', '/retry'],
      ['POST', '/cancel'],
      ['DELETE', ''],
    ] as const)
      expect((await call<ToldError>(method, `/api/videos/${id}${path}`)).body.error.code).toBe('video_not_found');
  });

  it('names a video, and takes the name back', async () => {
    const { videoId } = await makeVideo();
    const path = `/api/videos/${videoId}`;
    const named = await call<Video>('PATCH', path, { json: { title: '  Cafe\u0301 at 1/2 speed ' } });
    expect(named.body).toMatchObject({ id: videoId, title: 'Caf\u00e9 at 1/2 speed', fileName: 'a.mp4' });
    expect((await call<Video>('GET', path)).body.title).toBe('Caf\u00e9 at 1/2 speed');
    for (const title of ['', '   ', '…', 'a\u202eb', 'a\nb'])
      expect((await call<ToldError>('PATCH', path, { json: { title } })).body.error.code, title).toBe('name_refused');
    for (const json of [{ title: 'a'.repeat(201) }, { title: 7 }, {}, { title: 'a', status: 'ready' }])
      expect((await call<ToldError>('PATCH', path, { json })).body.error.code).toBe('invalid_request');
    const stranger = createCaller(api.url, (await createTestUser()).token());
    const refused = await stranger<ToldError>('PATCH', path, { json: { title: 'Mine' } });
    expect([refused.status, refused.body.error.code]).toEqual([404, 'video_not_found']);
    expect((await call<Video>('PATCH', path, { json: { title: null } })).body.title).toBeNull();
    await call('DELETE', path);
  });

  it('sees how many videos wait before each of theirs, whoever owns them', async () => {
    const fresh = await createTestUser();
    const as = createCaller(api.url, fresh.token());
    const add = (owner: string, name: string, columns: string, values: string) =>
      lab.sql(
        `insert into videos (owner_id, source_bucket, source_path, ${columns}) values ($1, 'project-videos', $2, ${values})`,
        [owner, `${owner}/${name}`],
      );
    // Lower than any number that a turn gives.
    await add(fresh.id, 'first.mp4', 'queue_priority', '1');
    await add(user.id, `${randomUUID()}.mp4`, 'queue_priority', '2');
    await add(fresh.id, 'second.mp4', 'queue_priority', '3');
    await add(fresh.id, 'unplaced.mp4', 'status', `'queued'`);
    await add(fresh.id, 'done.mp4', 'status', `'ready'`);
    const { videos } = (await as<{ videos: Video[] }>('GET', '/api/videos')).body;
    const before = Object.fromEntries(
      videos.map(({ sourcePath, waitingBefore }) => [sourcePath.split('/')[1], waitingBefore]),
    );
    expect(before).toEqual({ 'first.mp4': 0, 'second.mp4': 2, 'unplaced.mp4': null, 'done.mp4': null });
    const second = videos.find(({ waitingBefore }) => waitingBefore === 2)?.id;
    expect((await as<Video>('GET', `/api/videos/${second}`)).body.waitingBefore).toBe(2);
    await lab.sql('delete from videos where queue_priority < 10');
  });

  it('gets working addresses of the results, cancels, retries, and deletes everything', async () => {
    const open = await makeVideo();
    const { videoId } = open;
    const path = `default/${videoId}/v1/video.mp4`;
    const service = stackValue('SUPABASE_SERVICE_ROLE_KEY');
    const put = (name: string) =>
      fetch(`${stackValue('SUPABASE_URL')}/storage/v1/object/project-processed-videos/${name}`, {
        method: 'POST',
        headers: { apikey: service, authorization: `Bearer ${service}`, 'content-type': 'video/mp4' },
        body: 'result',
      });
    for (const name of [path, `default/${videoId}/v1/hls/720p/init.mp4`]) expect((await put(name)).status).toBe(200);
    expect((await call('POST', `/api/videos/${videoId}/cancel`)).body).toEqual({ id: videoId, state: 'canceled' });
    expect((await call('POST', `/api/videos/${videoId}/cancel`)).body).toEqual({ id: videoId, state: 'finished' });
    expect((await call('POST', `/api/videos/${videoId}/retry`)).body).toEqual({ id: videoId, jobState: 'created' });
    expect((await call<ToldError>('POST', `/api/videos/${videoId}/retry`)).body.error.code).toBe('video_busy');
    const outputs = [
      { kind: 'video', bucket: 'project-processed-videos', path, contentType: 'video/mp4', bytes: 6 },
      { kind: 'info', bucket: 'project-videos', path: 'somebody/else.mp4', contentType: 'application/json', bytes: 1 },
    ];
    await setRow(videoId, `status = 'ready', outcome = 'processed', outputs = '${JSON.stringify(outputs)}'`);
    const { body: video } = await call<Video>('GET', `/api/videos/${videoId}`);
    expect(await (await fetch(String(video.outputs[0]?.url))).text()).toBe('result');
    expect(video.outputs[1]?.url).toBeNull();
    expect(Date.parse(String(video.urlExpiresAt))).toBeGreaterThan(Date.now());
    expect((await call('DELETE', `/api/videos/${videoId}`)).body).toEqual({ id: videoId, deleted: true });
    expect(await lab.sql('select id from videos where id = $1', [videoId])).toEqual([]);
    expect(await lab.hasObject(open)).toBe(false);
    expect(await lab.sql(`select name from storage.objects where name like $1`, [`default/${videoId}/%`])).toEqual([]);
  });

  it('can cancel and retry a video whose job has ended without updating the row', async () => {
    const { videoId } = await makeVideo();
    const queue = await openLabQueue(lab);
    await withConsumerOn({ databaseUrl: lab.queueUrl }, {}, async () => {
      await queue.waitForVideo(`video-${videoId}`);
    });
    await queue.close();
    await setRow(videoId, `status = 'processing', step = 'encode'`);
    expect((await call<ToldError>('POST', `/api/videos/${videoId}/retry`)).body.error.code).toBe('video_busy');
    expect((await call('POST', `/api/videos/${videoId}/cancel`)).body).toEqual({ id: videoId, state: 'canceled' });
    expect((await call('POST', `/api/videos/${videoId}/retry`)).body).toEqual({ id: videoId, jobState: 'requeued' });
    expect((await call('POST', `/api/videos/${videoId}/cancel`)).body).toEqual({ id: videoId, state: 'canceled' });
  });

  it('can retry a video that is ready without one of its outputs, and no other that is ready', async () => {
    const { videoId } = await makeVideo();
    const retryWith = async (...codes: string[]) => {
      const facts = { warnings: codes.map((code) => ({ code, message: 'There is none.' })) };
      await setRow(videoId, `status = 'ready', outcome = 'processed', facts = '${JSON.stringify(facts)}'`);
      return (await call<ToldError>('POST', `/api/videos/${videoId}/retry`)).body;
    };
    expect(await retryWith('alpha_dropped')).toMatchObject({ error: { code: 'video_busy' } });
    expect(await retryWith('hls_unavailable')).toMatchObject({ id: videoId });
  });
});
