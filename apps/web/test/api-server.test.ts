/** The server as a program: its description, its start and its shutdown. */
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { stackEnvironment } from '@supabase-media/test-support/stack';
import type { OpenUpload } from '@supabase-media/uploader/contract';
import { parse } from 'dotenv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadWebConfig } from '../src/server/config.ts';
import { type ApiLab, type ApiProcess, createCaller, mp4Bytes, openApiLab, patchAt } from './support/api-lab.ts';
import { createTestUser } from './support/test-user.ts';

let lab: ApiLab;
let api: ApiProcess;
beforeAll(async () => {
  lab = await openApiLab();
  api = await lab.start({ WEB_ORIGINS: 'https://app.example.com' });
});
afterAll(() => lab?.close());

describe('the server', () => {
  it('is live, and ready when database, Storage and queue respond', async () => {
    const call = createCaller(api.url, undefined);
    expect((await call('GET', '/live')).body).toEqual({ status: 'live' });
    const well = { ok: true, ms: expect.any(Number) };
    expect((await call('GET', '/ready')).body).toEqual({
      status: 'ready',
      parts: { database: well, storage: well, queue: well },
    });
    const broken = await lab.start({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
    const answer = await createCaller(broken.url, undefined)('GET', '/ready');
    expect([answer.status, answer.body]).toEqual([
      503,
      {
        status: 'not_ready',
        parts: {
          database: well,
          storage: well,
          queue: { ok: false, ms: expect.any(Number), code: 'queue_unreachable' },
        },
      },
    ]);
    expect(await broken.end('SIGTERM')).toBe(0);
  });

  it('describes every request, and gives pages their settings without secrets', async () => {
    const call = createCaller(api.url, undefined);
    const { body } = await call<{ paths: Record<string, Record<string, unknown>> }>('GET', '/api/openapi.json');
    for (const [path, method] of [
      ['/api/uploads', 'post'],
      ['/api/uploads/{id}/complete', 'post'],
      ['/api/uploads/{id}/relay/{uploadId}', 'patch'],
      ['/api/videos/{id}/events', 'get'],
    ] as const)
      expect(body.paths[path]?.[method], `${method} ${path}`).toBeDefined();
    const config = await call('GET', '/api/config');
    expect(config.body).toMatchObject({ supabaseUrl: stackEnvironment().SUPABASE_URL, maxBytes: 2_147_483_648 });
    expect(config.text).not.toContain(String(stackEnvironment().SUPABASE_SERVICE_ROLE_KEY));
    expect(config.text).not.toContain(String(stackEnvironment().SUPABASE_JWT_SECRET));
  });

  it('allows pages of its origins only', async () => {
    const ask = (origin: string) =>
      fetch(`${api.url}/api/uploads`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
      });
    const allowed = await ask('https://app.example.com');
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
    expect((await ask('https://evil.example.com')).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('lets a running upload finish at SIGTERM', async () => {
    const own = await lab.start({ WEB_SHUTDOWN_GRACE_SECONDS: '10' });
    const user = await createTestUser();
    const { body: open } = await createCaller(own.url, user.token())<OpenUpload>('POST', '/api/uploads', {
      json: { fileName: 'a.mp4', size: 8_000_000 },
    });
    const bytes = mp4Bytes(8_000_000);
    const answered = new Promise<number | undefined>((resolve, reject) => {
      const patch = httpRequest(
        own.url + open.relayUploadUrl,
        {
          method: 'PATCH',
          headers: { ...patchAt(0), authorization: `Bearer ${user.token()}`, 'content-length': bytes.length },
        },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        },
      );
      patch.on('error', reject);
      patch.write(bytes.subarray(0, 4_000_000), () => {
        const ended = own.end('SIGTERM');
        setTimeout(() => patch.end(bytes.subarray(4_000_000)), 300);
        void ended.then((code) => expect(code).toBe(0));
      });
    });
    expect(await answered).toBe(204);
  });
});

describe('the command line', () => {
  it('explains itself', async () => {
    const { exitCode, stdout } = await lab.run(['--help']);
    expect(exitCode).toBe(0);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(stdout).toMatch(/sweep/);
    const wrong = await lab.run(['swep']);
    expect([wrong.exitCode, wrong.stderr]).toEqual([1, expect.stringMatching(/invalid_argument.*swep/)]);
  });

  it('names every problem of the environment at once, and shows no secret', async () => {
    const { exitCode, stderr } = await lab.run(['serve'], {
      WEB_PORT: 'x',
      RELAY_MAX: '-1',
      SUPABASE_JWT_SECRET: 'too-short',
    });
    expect(exitCode).toBe(1);
    for (const name of ['WEB_PORT', 'RELAY_MAX', 'SUPABASE_JWT_SECRET']) expect(stderr).toContain(name);
    expect(stderr).not.toContain('too-short');
  });
});

describe('.env.example', () => {
  const text = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
  it('loads as it stands', () => {
    const given = { ...parse(text), ...stackEnvironment() };
    expect(() => loadWebConfig(given)).not.toThrow();
  });
});
