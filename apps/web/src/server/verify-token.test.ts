/** Tokens of projects that publish their keys, against a real server of keys. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTokenVerifier, type VerifyToken } from './verify-token.ts';

let server: Server;
let verify: VerifyToken;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
const issuer = 'https://ref.supabase.co/auth/v1';
const user = randomUUID();

beforeAll(async () => {
  keys = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
  server = createServer((_request, response) => response.end(JSON.stringify({ keys: [jwk] }))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  verify = createTokenVerifier({ secret: undefined, jwksUrl, issuer });
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

it('takes one that is signed with a published key', async () => {
  const token = await claims().setProtectedHeader({ alg: 'ES256', kid: 'one' }).sign(keys.privateKey);
  expect(await verify(token)).toMatchObject({ id: user, token });
});

it('refuses another issuer, an unknown key, and the published key taken for a secret', async () => {
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

it('says so when the keys cannot be fetched', async () => {
  const away = createTokenVerifier({ secret: undefined, jwksUrl: 'http://127.0.0.1:1/jwks.json', issuer });
  const token = await claims().setProtectedHeader({ alg: 'ES256', kid: 'one' }).sign(keys.privateKey);
  await expect(away(token)).rejects.toMatchObject({ code: 'auth_unavailable' });
});
