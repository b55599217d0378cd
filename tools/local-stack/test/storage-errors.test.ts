/** The refusals of Storage's REST routes, row by row as they were measured on the Storage server 1.11.2. */
import { Readable } from 'node:stream';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type CallOptions, call } from './support/http.ts';
import { startTestStack, type TestStack } from './support/stack.ts';

let test: TestStack;

beforeAll(async () => {
  test = await startTestStack({ fileSizeLimit: 1_000_000, standardFileSizeLimit: 500_000 });
  await createBucket({ name: 'small', file_size_limit: 1000, allowed_mime_types: ['image/*', 'text/csv'] });
  await createBucket({ name: 'free' });
  await upload('free/taken.txt', { body: 'there already' });
});

afterAll(() => test.stop());

function service(): Record<string, string> {
  return { authorization: `Bearer ${test.stack.serviceRoleKey}` };
}

async function createBucket(bucket: object): Promise<Answer> {
  return call(`${test.storageUrl}/bucket`, {
    method: 'POST',
    headers: { ...service(), 'content-type': 'application/json' },
    body: JSON.stringify(bucket),
  });
}

function upload(path: string, options: CallOptions = {}): Promise<Answer> {
  return call(`${test.storageUrl}/object/${path}`, {
    method: 'POST',
    body: 'x',
    ...options,
    headers: { 'content-type': 'image/png', ...service(), ...options.headers },
  });
}

async function sign(claims: Record<string, unknown>, secret = test.stack.jwtSecret): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));
}

function expectRefusal(answer: Answer, statusCode: string, error: string, message: string, code: string): void {
  expect({ status: answer.status, ...answer.json }).toEqual({ status: 400, statusCode, error, message, code });
}

describe('an upload is refused', () => {
  it('when the name is taken', async () => {
    const answer = await upload('free/taken.txt');
    expectRefusal(answer, '409', 'Duplicate', 'The resource already exists', 'KeyAlreadyExists');
  });

  it.each([
    ['the bucket', 'small/a.png', 1001],
    ['single requests', 'free/a.png', 500_001],
    ['the project', 'free/a.png', 1_000_001],
  ])('when it is over the limit of %s, before its body is read', async (_limit, path, length) => {
    const answer = await announceOnly(path, length);
    const message = 'The object exceeded the maximum allowed size';
    expectRefusal(answer, '413', 'Payload too large', message, 'EntityTooLarge');
  });

  it('when the bucket is missing, also for anonymous callers', async () => {
    for (const key of [test.stack.serviceRoleKey, test.stack.anonKey]) {
      const answer = await upload('nowhere/a.png', { headers: { authorization: `Bearer ${key}` } });
      expectRefusal(answer, '404', 'Bucket not found', 'Bucket not found', 'NoSuchBucket');
    }
  });

  it('when its type is not on the list, compared as text', async () => {
    for (const type of ['text/plain', 'text/csv; charset=utf-8']) {
      const answer = await upload('small/a.txt', { headers: { 'content-type': type } });
      expectRefusal(answer, '415', 'invalid_mime_type', `mime type ${type} is not supported`, 'InvalidMimeType');
    }
    expect((await upload('small/b.png', { headers: { 'content-type': 'image/webp' } })).status).toBe(200);
    expect((await upload('small/c.csv', { headers: { 'content-type': 'text/csv' } })).status).toBe(200);
  });

  it('when its Content-Type is none', async () => {
    const answer = await upload('free/a.png', { headers: { 'content-type': 'foo' } });
    expectRefusal(answer, '415', 'invalid_mime_type', 'Invalid Content-Type header', 'InvalidMimeType');
  });

  it('by policy', async () => {
    const answer = await upload('free/new.png', { headers: { authorization: `Bearer ${test.stack.anonKey}` } });
    const message = 'new row violates row-level security policy';
    expectRefusal(answer, '403', 'Unauthorized', message, 'AccessDenied');
  });

  it.each(['é.png', '日.png', 'a%25b', 'a%23b', 'a~b', 'a[b', 'a%5Cb', 'a%7Cb', 'a%00b'])(
    'for the name %s',
    async (name) => {
      const answer = await upload(`free/${encodeURI(decodeURIComponent(name)).replace('#', '%23')}`);
      expectRefusal(answer, '400', 'InvalidKey', `Invalid key: ${decodeURIComponent(name)}`, 'InvalidKey');
    },
  );

  it.each(['a/../b', '../b', 'a/./b', '%2e%2e/b'])('for the dot segment in %s', async (name) => {
    const answer = await upload(`free/${name}`);
    expect(answer.json).toMatchObject({ statusCode: '400', code: 'InvalidKey' });
    expect(answer.json.message).toContain('contains dot path segment');
  });

  it('for a segment that no file could be named by, as an internal error', async () => {
    const answer = await upload(`free/${'a'.repeat(256)}`);
    expect(answer.status).toBe(500);
    expect(answer.json).toEqual({
      statusCode: '500',
      error: 'Internal',
      message: 'Internal Server Error',
      code: 'InternalError',
    });
    expect((await upload(`free/${'a'.repeat(255)}`)).status).toBe(200);
  });

  it('for a broken escape, with a number as statusCode', async () => {
    const answer = await upload('free/%zz');
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ error: 'Bad Request', code: 'FST_ERR_BAD_URL', statusCode: 400 });
  });

  it('takes every character that is allowed', async () => {
    const name = "a-Z_0!.*'() &$=@;:+,%3F";
    expect((await upload(`free/${name.replace(' ', '%20')}`)).json.Key).toBe("free/a-Z_0!.*'() &$=@;:+,?");
  });
});

describe('a token is refused', () => {
  it.each([
    ['garbage', 'Invalid Compact JWS'],
    ['a.b.c', 'Invalid JWS'],
  ])('that is %s', async (token, message) => {
    const answer = await upload('free/a.png', { headers: { authorization: `Bearer ${token}` } });
    expect(answer.json).toMatchObject({ statusCode: '403', error: 'Unauthorized', code: 'AccessDenied' });
    if (token === 'garbage') expect(answer.json.message).toBe(message);
  });

  it('that another secret signed', async () => {
    const token = await sign({ role: 'service_role' }, 'another secret');
    const answer = await upload('free/a.png', { headers: { authorization: `Bearer ${token}` } });
    expectRefusal(answer, '403', 'Unauthorized', 'signature verification failed', 'AccessDenied');
  });

  it('that is expired', async () => {
    const token = await sign({ role: 'service_role', exp: 1 });
    const answer = await upload('free/a.png', { headers: { authorization: `Bearer ${token}` } });
    expectRefusal(answer, '403', 'Unauthorized', '"exp" claim timestamp check failed', 'AccessDenied');
  });

  it('that is missing', async () => {
    const answer = await call(`${test.storageUrl}/object/free/a.png`, { method: 'POST', body: 'x' });
    const message = "headers must have required property 'authorization'";
    expectRefusal(answer, '400', 'InvalidRequest', message, 'InvalidRequest');
  });
});

it.each(['object', 'object/authenticated', 'object/info'])('a missing object is refused by GET /%s', async (route) => {
  const answer = await call(`${test.storageUrl}/${route}/free/none.txt`, { headers: service() });
  expectRefusal(answer, '404', 'not_found', 'Object not found', 'NoSuchKey');
});

it('a missing object is refused by HEAD', async () => {
  const answer = await call(`${test.storageUrl}/object/free/none.txt`, { method: 'HEAD', headers: service() });
  expect(answer.status).toBe(400);
});

/** Sends the headers of an upload and not one byte of its body. */
function announceOnly(path: string, length: number): Promise<Answer> {
  return upload(path, { headers: { 'content-length': length }, body: new Readable({ read: () => {} }) });
}
