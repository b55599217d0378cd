/** Every rejection has its own code, and leaves nothing in Storage or the queue. */
import { randomUUID } from 'node:crypto';
import { stackValue } from '@supabase-media/test-support/stack';
import type { OpenUpload } from '@supabase-media/uploader/contract';
import { exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ApiLab,
  type ApiProcess,
  type Call,
  createCaller,
  mp4Bytes,
  openApiLab,
  type ToldError,
} from './support/api-lab.ts';
import { createTestUser, readClaims, signToken, type TestUser } from './support/test-user.ts';

let lab: ApiLab;
let api: ApiProcess;
let user: TestUser;
let call: Call;

beforeAll(async () => {
  lab = await openApiLab();
  api = await lab.start();
  user = await createTestUser();
  call = createCaller(api.url, user.token());
});
afterAll(() => lab?.close());

const sessionsOf = async (owner: string) => lab.sql(`select id from upload_sessions where owner_id = $1`, [owner]);

describe('before any byte', () => {
  const mp4 = { fileName: 'a.mp4', size: 1_000_000, contentType: 'video/mp4' };
  it.each([
    [
      '3 GB',
      { ...mp4, size: 3_000_000_000 },
      413,
      'file_too_large',
      { limit: 'intake', limitBytes: 2_147_483_648, sizeBytes: 3_000_000_000 },
    ],
    ['an empty file', { ...mp4, size: 0 }, 422, 'size_refused', { sizeBytes: 0 }],
    ['half a byte', { ...mp4, size: 1.5 }, 422, 'size_refused', { sizeBytes: 1.5 }],
    ['a path upwards', { ...mp4, fileName: '../../x.mp4' }, 422, 'name_refused', undefined],
    ['a path of Windows', { ...mp4, fileName: 'C:\\x.mp4' }, 422, 'name_refused', undefined],
    ['a NUL in the name', { ...mp4, fileName: 'a\0.mp4' }, 422, 'name_refused', undefined],
    ['a name that hides its end', { ...mp4, fileName: 'a\u202e4pm.exe' }, 422, 'name_refused', undefined],
    ['a name of 300 letters', { ...mp4, fileName: `${'a'.repeat(300)}.mp4` }, 422, 'name_refused', { limit: 255 }],
    ['a text type', { ...mp4, contentType: 'text/plain' }, 415, 'type_refused', { declaredType: 'text/plain' }],
    ['a playlist', { fileName: 'a.m3u8', size: 100 }, 415, 'type_refused', { extension: 'm3u8' }],
    ['a bad digest', { ...mp4, sha256: 'xyz' }, 400, 'invalid_request', undefined],
    ['a project that is a path', { ...mp4, project: '../x' }, 400, 'invalid_request', undefined],
    ['an unknown field', { ...mp4, path: 'x' }, 400, 'invalid_request', undefined],
  ])('%s is refused', async (_what, json, status, code, details) => {
    const { status: got, body } = await call<ToldError>('POST', '/api/uploads', { json });
    expect(body.error.code).toBe(code);
    expect(got).toBe(status);
    expect(body.error.action).not.toBe('');
    if (details !== undefined) expect(body.error.details).toMatchObject(details);
    expect(await sessionsOf(user.id)).toEqual([]);
  });

  it('a body of 20 KB is rejected', async () => {
    const { body } = await call<ToldError>('POST', '/api/uploads', {
      json: { ...mp4, contentType: 'x'.repeat(20_000) },
    });
    expect(body.error.code).toBe('invalid_request');
  });

  it('the smallest limit is named: the bucket’s, if that is smaller', async () => {
    await lab.sql(
      `insert into storage.buckets (id, name, public, file_size_limit) values ('small-bucket', 'small-bucket', false, 500000) on conflict do nothing`,
    );
    const small = await lab.start({ SOURCE_BUCKET: 'small-bucket' });
    const { body } = await createCaller(small.url, user.token())<ToldError>('POST', '/api/uploads', { json: mp4 });
    expect(body.error).toMatchObject({ code: 'file_too_large', details: { limit: 'bucket', limitBytes: 500_000 } });
    await small.end('SIGKILL');
  });
});

describe('a token', () => {
  const claims = () => ({ ...readClaims(user.token()), exp: Math.floor(Date.now() / 1000) + 600 });
  const unsigned = () => {
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    return `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims())}.`;
  };
  const forged = () =>
    new SignJWT(claims()).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode('x'.repeat(40)));
  const foreign = async () => {
    const { privateKey } = await generateKeyPair('ES256');
    return new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', kid: 'mine' }).sign(privateKey);
  };
  const confused = async () => {
    // A published key used as the secret of HS256: the classic confusion of keys.
    const { publicKey } = await generateKeyPair('RS256', { extractable: true });
    return new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(await exportSPKI(publicKey)));
  };
  const tampered = () => {
    const [head, , signature] = user.token().split('.');
    return `${head}.${Buffer.from(JSON.stringify({ ...claims(), sub: randomUUID() })).toString('base64url')}.${signature}`;
  };
  it.each([
    ['none at all', async () => undefined, 'unauthorized'],
    ['not a token', async () => 'hello', 'unauthorized'],
    ['alg none', async () => unsigned(), 'unauthorized'],
    ['another secret', forged, 'unauthorized'],
    ['a key of their own', foreign, 'unauthorized'],
    ['a public key as secret', confused, 'unauthorized'],
    ['changed claims', async () => tampered(), 'unauthorized'],
    ['another audience', async () => signToken({ ...claims(), aud: 'else' }), 'unauthorized'],
    ['no expiry', async () => signToken({ ...claims(), exp: undefined }), 'unauthorized'],
    ['the role anon', async () => signToken({ ...claims(), role: 'anon' }), 'unauthorized'],
    ['the service role', async () => stackValue('SUPABASE_SERVICE_ROLE_KEY'), 'unauthorized'],
    ['a subject that is not a user id', async () => signToken({ ...claims(), sub: 'x' }), 'unauthorized'],
    ['expired', async () => signToken({ ...claims(), exp: Math.floor(Date.now() / 1000) - 60 }), 'token_expired'],
  ])('%s is refused', async (_what, make, code) => {
    const answer = await createCaller(api.url, await make())<ToldError>('GET', '/api/uploads');
    expect(answer.body.error.code).toBe(code);
    expect(answer.status).toBe(401);
  });

  it('that is valid is accepted', async () => {
    expect((await createCaller(api.url, signToken(claims()))('GET', '/api/uploads')).status).toBe(200);
  });
});

describe('another user', () => {
  it('cannot reach any address of a session', async () => {
    const { body: mine } = await call<OpenUpload>('POST', '/api/uploads', {
      json: { fileName: 'a.mp4', size: 8_000_000 },
    });
    const other = createCaller(api.url, (await createTestUser()).token());
    const tus = { 'tus-resumable': '1.0.0' };
    for (const [method, path, headers] of [
      ['GET', `/api/uploads/${mine.id}`, {}],
      ['POST', `/api/uploads/${mine.id}/resume`, {}],
      ['POST', `/api/uploads/${mine.id}/complete`, {}],
      ['DELETE', `/api/uploads/${mine.id}`, {}],
      [
        'PATCH',
        String(mine.relayUploadUrl),
        { ...tus, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
      ],
      ['DELETE', String(mine.relayUploadUrl), tus],
    ] as const) {
      const { status, body } = await other<ToldError>(method, path, { headers });
      expect([method, path, status, body.error?.code]).toEqual([method, path, 404, 'session_not_found']);
    }
    expect((await other<{ uploads: unknown[] }>('GET', '/api/uploads')).body.uploads).toEqual([]);
    expect(await call('GET', `/api/uploads/${mine.id}`)).toMatchObject({ status: 200, body: { state: 'open' } });
    expect((await call('DELETE', `/api/uploads/${mine.id}`)).status).toBe(200);
  });
});

describe('anything but a video, whatever its name', () => {
  it.each([
    ['a text', Buffer.from('Dear diary, today I learned nothing.'), 'a text file'],
    ['an HLS playlist', Buffer.from('#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n'), 'an HLS playlist'],
    ['an ffconcat script', Buffer.from('ffconcat version 1.0\nfile /etc/passwd\n'), 'an ffconcat script'],
    [
      'a picture',
      Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000a49444154', 'hex'),
      'a PNG image',
    ],
  ])('%s named .mp4 is refused at the end', async (_what, bytes, detectedType) => {
    const json = { fileName: 'holiday.mp4', size: bytes.length, contentType: 'video/mp4' };
    const { body: open } = await call<OpenUpload>('POST', '/api/uploads', { json });
    const sent = await fetch(open.endpoint, {
      method: 'PUT',
      headers: { 'content-type': open.contentType },
      body: new Uint8Array(bytes),
    });
    expect(sent.status).toBe(200);
    const { status, body } = await call<ToldError>('POST', `/api/uploads/${open.id}/complete`);
    expect(body.error).toMatchObject({ code: 'content_refused', details: { detectedType } });
    expect(status).toBe(415);
    expect(await lab.hasObject(open)).toBe(false);
    expect(await lab.jobCount(open.videoId)).toBe(0);
    expect(await lab.sql('select id from videos where id = $1', [open.videoId])).toEqual([]);
    expect((await call('GET', `/api/uploads/${open.id}`)).body).toMatchObject({ state: 'canceled' });
  });

  it('another checksum than declared is rejected', async () => {
    const bytes = mp4Bytes(5000);
    const json = { fileName: 'a.mp4', size: bytes.length, sha256: 'ab'.repeat(32) };
    const { body: open } = await call<OpenUpload>('POST', '/api/uploads', { json });
    await fetch(open.endpoint, {
      method: 'PUT',
      headers: { 'content-type': open.contentType },
      body: new Uint8Array(bytes),
    });
    const { body } = await call<ToldError>('POST', `/api/uploads/${open.id}/complete`);
    expect(body.error.code).toBe('digest_mismatch');
    expect(await lab.hasObject(open)).toBe(false);
    expect(await lab.jobCount(open.videoId)).toBe(0);
  });

  it('another size than declared is rejected', async () => {
    const { body: open } = await call<OpenUpload>('POST', '/api/uploads', { json: { fileName: 'a.mp4', size: 5000 } });
    await fetch(open.endpoint, {
      method: 'PUT',
      headers: { 'content-type': open.contentType },
      body: new Uint8Array(mp4Bytes(4000)),
    });
    const { body } = await call<ToldError>('POST', `/api/uploads/${open.id}/complete`);
    expect(body.error).toMatchObject({ code: 'size_refused', details: { sizeBytes: 5000, storedBytes: 4000 } });
    expect(await lab.hasObject(open)).toBe(false);
  });
});
