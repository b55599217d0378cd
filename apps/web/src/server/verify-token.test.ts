/** Tokens of projects that publish their keys, against a real key server. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTokenVerifier, type VerifyToken } from './verify-token.ts';

let server: Server;
let jwksUrl: string;
let verify: VerifyToken;
/** The response instead of the keys. */
let broken: { status: number; body: string } | undefined;
let fetches = 0;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
const issuer = 'https://ref.supabase.co/auth/v1';
const user = randomUUID();

beforeAll(async () => {
  keys = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
  server = createServer((_request, response) => {
    fetches += 1;
    const { status, body } = broken ?? { status: 200, body: JSON.stringify({ keys: [jwk] }) };
    response.writeHead(status).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  verify = createTokenVerifier({ secret: undefined, jwksUrl, issuer, allowsAnonymous: false });
});
afterAll(() => server.close());

const claims = (changes: Record<string, unknown> = {}) =>
  new SignJWT({
    role: 'authenticated',
    aud: 'authenticated',
    sub: user,
    iss: issuer,
    exp: Date.now() / 1000 + 60,
    ...changes,
  });

it('accepts one that is signed with a published key', async () => {
  const token = await claims().setProtectedHeader({ alg: 'ES256', kid: 'one' }).sign(keys.privateKey);
  expect(await verify(token)).toMatchObject({ id: user, token });
});

it('rejects another issuer, an unknown key, and the published key used as a secret', async () => {
  const other = await generateKeyPair('ES256');
  const secret = new TextEncoder().encode(await exportSPKI(keys.publicKey));
  for (const token of [
    await claims({ iss: 'https://evil.example.com' })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .sign(keys.privateKey),
    await claims().setProtectedHeader({ alg: 'ES256', kid: 'two' }).sign(other.privateKey),
    await claims().setProtectedHeader({ alg: 'ES256', kid: 'one' }).sign(other.privateKey),
    await claims().setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(secret),
    'a.b.c',
    'x'.repeat(10_000),
  ])
    await expect(verify(token)).rejects.toMatchObject({ code: 'unauthorized' });
});

it.each([
  [undefined, true],
  [false, true],
  [null, true],
  [true, false],
  ['false', false],
  [0, false],
])('takes anonymous users only where it is told to: is_anonymous %j', async (claimed, isTaken) => {
  const sign = () =>
    claims({ is_anonymous: claimed }).setProtectedHeader({ alg: 'ES256', kid: 'one' }).sign(keys.privateKey);
  if (isTaken) expect(await verify(await sign())).toMatchObject({ id: user });
  else await expect(verify(await sign())).rejects.toMatchObject({ code: 'anonymous_refused', httpStatus: 403 });
  const open = createTokenVerifier({ secret: undefined, jwksUrl, issuer, allowsAnonymous: true });
  expect(await open(await sign())).toMatchObject({ id: user });
});

it('says so when the keys cannot be fetched', async () => {
  const away = createTokenVerifier({
    secret: undefined,
    jwksUrl: 'http://127.0.0.1:1/jwks.json',
    issuer,
    allowsAnonymous: false,
  });
  const token = await claims().setProtectedHeader({ alg: 'ES256', kid: 'one' }).sign(keys.privateKey);
  await expect(away(token)).rejects.toMatchObject({ code: 'auth_unavailable' });
});

describe('while the keys cannot be fetched', () => {
  const sign = (kid = 'one') => claims().setProtectedHeader({ alg: 'ES256', kid }).sign(keys.privateKey);
  const open = () =>
    createTokenVerifier({ secret: undefined, jwksUrl, issuer, allowsAnonymous: false, keys: { maxAgeMs: 0 } });
  afterEach(() => {
    broken = undefined;
  });

  it.each([
    ['a gateway answers in their place', { status: 502, body: 'bad gateway' }],
    ['the response is not JSON', { status: 200, body: '<html>soon back</html>' }],
    ['the response has no keys', { status: 200, body: '{"message":"soon back"}' }],
  ])('because %s, no sign-in is reported as invalid', async (_why, answer) => {
    broken = answer;
    await expect(open()(await sign())).rejects.toMatchObject({ code: 'auth_unavailable', retryAfterSeconds: 5 });
  });

  it('cached keys keep verifying, without a fetch for each request', async () => {
    const again = open();
    await again(await sign());
    broken = { status: 503, body: '' };
    const before = fetches;
    for (let round = 0; round < 5; round += 1) expect(await again(await sign())).toMatchObject({ id: user });
    expect(fetches).toBe(before + 1);
    // A token of a newer key may be valid; a forged one of a cached key is not.
    await expect(again(await sign('new'))).rejects.toMatchObject({ code: 'auth_unavailable' });
    const forged = claims().setProtectedHeader({ alg: 'ES256', kid: 'one' });
    const { privateKey } = await generateKeyPair('ES256');
    await expect(again(await forged.sign(privateKey))).rejects.toMatchObject({ code: 'unauthorized' });
  });
});
