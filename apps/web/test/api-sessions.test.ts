/** Sessions over two processes without sticky sessions: completing once, resuming, canceling, limits. */
import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
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
  patchAt,
  type ToldError,
} from './support/api-lab.ts';
import { type RoundRobinProxy, startRoundRobin } from './support/round-robin.ts';
import { createTestUser, readClaims, signToken, type TestUser } from './support/test-user.ts';

let lab: ApiLab;
let apis: ApiProcess[];
let proxy: RoundRobinProxy;
let user: TestUser;
let call: Call;

beforeAll(async () => {
  lab = await openApiLab();
  apis = [await lab.start(), await lab.start()];
  proxy = await startRoundRobin(apis.map(({ url }) => url));
  user = await createTestUser();
  call = createCaller(proxy.url, user.token());
});
afterAll(async () => {
  await proxy?.close();
  await lab?.close();
});

const begin = async (size: number, more: Record<string, unknown> = {}, as: Call = call): Promise<OpenUpload> => {
  const { status, body } = await as<OpenUpload>('POST', '/api/uploads', {
    json: { fileName: 'Größe é.mp4', size, ...more },
  });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body;
};

const put = async (open: OpenUpload, bytes: Buffer) =>
  fetch(open.endpoint, { method: 'PUT', headers: { 'content-type': open.contentType }, body: new Uint8Array(bytes) });

const patchDirect = (open: OpenUpload, offset: number, bytes: Buffer) =>
  fetch(String(open.uploadUrl), {
    method: 'PATCH',
    headers: { ...patchAt(offset), 'x-signature': open.token },
    body: new Uint8Array(bytes),
  });

describe('an upload', () => {
  it('gets a key of its own below its user, in safe characters', async () => {
    const open = await begin(10);
    expect(open).toMatchObject({
      strategy: 'single',
      fileName: 'Größe é.mp4',
      contentType: 'video/mp4',
      chunkBytes: null,
    });
    expect(open.path).toBe(`${user.id}/${open.id}/Grosse-e.mp4`);
    expect(Date.parse(open.expiresAt) - Date.now()).toBeGreaterThan(23.9 * 3_600_000);
    expect(Date.parse(open.tokenExpiresAt) - Date.now()).toBeGreaterThan(1.9 * 3_600_000);
    await call('DELETE', `/api/uploads/${open.id}`);
  });

  it('completed twice at once by two processes is enqueued once', async () => {
    const bytes = mp4Bytes(100_000);
    const open = await begin(bytes.length, {
      sha256: createHash('sha256').update(bytes).digest('hex'),
      project: 'films',
    });
    expect((await put(open, bytes)).status).toBe(200);
    const answers = await Promise.all(
      apis.flatMap(({ url }) =>
        [1, 2].map(() => createCaller(url, user.token())('POST', `/api/uploads/${open.id}/complete`)),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(answers.filter(({ body }) => body.jobState === 'created')).toHaveLength(1);
    expect(await lab.jobCount(open.videoId)).toBe(1);
    const [video] = await lab.sql('select owner_id, project, status, file_name from videos where id = $1', [
      open.videoId,
    ]);
    expect(video).toEqual({ owner_id: user.id, project: 'films', status: 'queued', file_name: 'Größe é.mp4' });
    // And once more, later.
    expect((await call('POST', `/api/uploads/${open.id}/complete`)).body).toMatchObject({ jobState: 'existing' });
  });

  it('completed early says what is missing, resumes there, and is found by its id alone', async () => {
    const bytes = mp4Bytes(7_000_000);
    const open = await begin(bytes.length);
    expect(open.strategy).toBe('resumable');
    expect((await patchDirect(open, 0, bytes.subarray(0, 3_000_000))).status).toBe(204);
    const early = await call<ToldError>('POST', `/api/uploads/${open.id}/complete`);
    expect(early.status).toBe(409);
    expect(early.body.error).toMatchObject({
      code: 'upload_incomplete',
      details: { confirmedBytes: 3_000_000, sizeBytes: 7_000_000 },
    });
    const { body: resumed } = await call<OpenUpload>('POST', `/api/uploads/${open.id}/resume`);
    expect(resumed).toMatchObject({ confirmedBytes: 3_000_000, uploadUrl: open.uploadUrl, videoId: open.videoId });
    expect((await patchDirect(resumed, 3_000_000, bytes.subarray(3_000_000))).status).toBe(204);
    expect((await call('GET', `/api/uploads/${open.id}`)).body).toMatchObject({
      state: 'open',
      confirmedBytes: 7_000_000,
    });
    expect((await call('POST', `/api/uploads/${open.id}/complete`)).status).toBe(200);
  });

  it('that Storage has deleted is created again by resume', async () => {
    const open = await begin(8_000_000);
    await fetch(String(open.uploadUrl), {
      method: 'DELETE',
      headers: { 'tus-resumable': '1.0.0', 'x-signature': open.token },
    });
    const { body: resumed } = await call<OpenUpload>('POST', `/api/uploads/${open.id}/resume`);
    expect(resumed.confirmedBytes).toBe(0);
    expect(resumed.uploadUrl).not.toBe(open.uploadUrl);
    expect((await patchDirect(resumed, 0, mp4Bytes(1000))).status).toBe(204);
    await call('DELETE', `/api/uploads/${open.id}`);
  });

  it('continues undisturbed while it is read', async () => {
    const bytes = mp4Bytes(8_000_000);
    const open = await begin(bytes.length);
    const target = new URL(String(open.uploadUrl));
    const answered = new Promise<{ status: number | undefined; offset: unknown }>((resolve, reject) => {
      const patch = httpRequest(
        target,
        { method: 'PATCH', headers: { ...patchAt(0), 'x-signature': open.token, 'content-length': bytes.length } },
        (answer) => {
          answer.resume();
          resolve({ status: answer.statusCode, offset: answer.headers['upload-offset'] });
        },
      );
      patch.on('error', reject);
      patch.write(bytes.subarray(0, 4_000_000), async () => {
        // Half of the PATCH is under way: nobody who looks may end it.
        for (let look = 0; look < 3; look += 1) {
          const { body } = await call('GET', `/api/uploads/${open.id}`);
          expect(body).toMatchObject({ state: 'open', confirmedBytes: 0 });
          await call('GET', '/api/uploads?state=open');
        }
        patch.end(bytes.subarray(4_000_000));
      });
    });
    expect(await answered).toEqual({ status: 204, offset: '8000000' });
    await call('DELETE', `/api/uploads/${open.id}`);
  });

  it('shows its progress to other devices, never less than before', async () => {
    const open = await begin(8_000_000);
    const report = (confirmedBytes: number) =>
      call('PUT', `/api/uploads/${open.id}/progress`, { json: { confirmedBytes } });
    expect((await report(5_000_000)).status).toBe(204);
    await report(4_000_000);
    expect((await call('GET', `/api/uploads/${open.id}`)).body).toMatchObject({ confirmedBytes: 5_000_000 });
    await report(9_000_000_000);
    expect((await call('GET', `/api/uploads/${open.id}`)).body).toMatchObject({ confirmedBytes: 8_000_000 });
    await call('DELETE', `/api/uploads/${open.id}`);
  });
});

describe('a user whose id has no UUID version', () => {
  it('uploads like any other', async () => {
    // No version and no variant of RFC 9562; PostgreSQL takes it, and so does Auth.
    const id = '11111111-1111-1111-1111-111111111111';
    await lab.sql(`insert into auth.users (id, email) values ($1, 'seeded@example.com') on conflict do nothing`, [id]);
    const as = createCaller(proxy.url, signToken({ ...readClaims(user.token()), sub: id }));
    const open = await begin(1000, {}, as);
    expect((await put(open, mp4Bytes(1000))).status).toBe(200);
    expect((await as<{ uploads: unknown[] }>('GET', '/api/uploads?state=open')).body.uploads).toHaveLength(1);
    expect((await as('POST', `/api/uploads/${open.id}/complete`)).body).toMatchObject({ jobState: 'created' });
    expect((await as('GET', `/api/videos/${open.videoId}`)).body).toMatchObject({ status: 'queued' });
    expect((await as('DELETE', `/api/uploads/${open.id}`)).status).toBe(200);
  });
});

describe('canceling', () => {
  it('removes the partial upload', async () => {
    const open = await begin(8_000_000);
    await patchDirect(open, 0, mp4Bytes(1_000_000));
    expect((await call('DELETE', `/api/uploads/${open.id}`)).body).toEqual({ id: open.id, state: 'canceled' });
    expect((await call('DELETE', `/api/uploads/${open.id}`)).status).toBe(200);
    expect(await lab.partialStatus(String(open.uploadUrl), open.token)).toBe(404);
    for (const path of ['complete', 'resume'])
      expect((await call<ToldError>('POST', `/api/uploads/${open.id}/${path}`)).body.error.code).toBe('session_ended');
  });

  it('removes object and queued job', async () => {
    const bytes = mp4Bytes(7_000_000);
    const open = await begin(bytes.length);
    await patchDirect(open, 0, bytes);
    await call('POST', `/api/uploads/${open.id}/complete`);
    expect(await lab.jobCount(open.videoId)).toBe(1);
    expect((await call('DELETE', `/api/uploads/${open.id}`)).status).toBe(200);
    expect(await lab.hasObject(open)).toBe(false);
    const queue = await openLabQueue(lab);
    expect((await queue.cancelVideo(open.videoId)).state).toBe('unknown');
    await queue.close();
    expect(await lab.sql('select status from videos where id = $1', [open.videoId])).toEqual([{ status: 'canceled' }]);
  });
});

describe('limits', () => {
  it('apply to open uploads across all processes, also concurrently', async () => {
    const someone = await createTestUser();
    const limited = await Promise.all([1, 2].map(() => lab.start({ INTAKE_MAX_OPEN: '3' })));
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        createCaller(String(limited[index % 2]?.url), someone.token())<OpenUpload & ToldError>('POST', '/api/uploads', {
          json: { fileName: 'a.mp4', size: 100 },
        }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(7);
    expect(refused[0]?.body.error).toMatchObject({ code: 'too_many_sessions', details: { open: 3, limit: 3 } });
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    const made = answers.find(({ status }) => status === 201);
    const as = createCaller(String(limited[0]?.url), someone.token());
    await as('DELETE', `/api/uploads/${made?.body.id}`);
    expect((await as('POST', '/api/uploads', { json: { fileName: 'a.mp4', size: 100 } })).status).toBe(201);
    for (const api of limited) await api.end('SIGKILL');
  });

  it('apply to the rate of new uploads and of requests', async () => {
    const limited = await lab.start({ INTAKE_CREATE_PER_MINUTE: '2', WEB_RATE_PER_MINUTE: '5' });
    const as = createCaller(limited.url, (await createTestUser()).token());
    const codes: unknown[] = [];
    for (let round = 0; round < 6; round += 1) {
      const { status, body, headers } = await as<ToldError>('POST', '/api/uploads', {
        json: { fileName: 'a.mp4', size: 100 },
      });
      codes.push(status === 201 ? 201 : body.error.code);
      if (status !== 201) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(codes).toEqual([201, 201, 'rate_limited', 'rate_limited', 'rate_limited', 'rate_limited']);
    expect((await createCaller(limited.url, user.token())('GET', '/api/uploads')).status).toBe(200);
    await limited.end('SIGKILL');
  });
});
