/**
 * A real nginx in front of the API and of Storage: its defaults refuse uploads as users know it, the settings of
 * deploy/nginx/nginx.conf let them pass while they arrive, and the client gets through either way.
 *
 * INGRESS_TEST_MB=500 sends the full size; less shows the same.
 */
import { createReadStream } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createClient } from '@supabase/supabase-js';
import { SUPABASE_OPTIONS } from '@supabase-media/core/supabase-options';
import { hasNginx, type Nginx, startNginx, withoutUploadSettings } from '@supabase-media/test-support/nginx';
import { freePort } from '@supabase-media/test-support/ports';
import { SEED } from '@supabase-media/test-support/random';
import { stackValue } from '@supabase-media/test-support/stack';
import type { OpenUpload } from '@supabase-media/uploader/contract';
import { Agent, request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createCaller, patchAt } from './support/api-lab.ts';
import { type ClientLab, openClientLab, type TestFile } from './support/client-lab.ts';
import { closedPort } from './support/closed-port.ts';

const LARGE_BYTES = Number(process.env.INGRESS_TEST_MB ?? 100) * 1_000_000;
const TIMEOUT_MS = 180_000;

/** What nginx takes by itself (documentation, client_max_body_size), in bytes. */
const DEFAULT_BODY_BYTES = 1024 * 1024;

describe.skipIf(!hasNginx())('nginx in front of the API and Storage', () => {
  let lab: ClientLab;
  let dispatcher: Agent;
  beforeAll(async () => {
    process.stdout.write(`seed ${SEED}\n`);
    lab = await openClientLab();
    dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  });
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    await lab.endTest();
  });
  afterAll(async () => {
    await dispatcher?.close();
    await lab?.close();
  });

  /** Both behind one nginx, as browsers see them; `publicUrl`: where these are told that Storage is. */
  async function startBehind(options: {
    readonly change?: (text: string) => string;
    readonly publicUrl?: string;
  }): Promise<Nginx & { readonly metricsUrl: string }> {
    const port = await freePort();
    const metricsPort = await freePort();
    const api = await lab.startApi({
      publicUrl: options.publicUrl ?? `http://127.0.0.1:${port}`,
      environment: { METRICS_PORT: String(metricsPort) },
    });
    const nginx = await startNginx({
      supabaseUrl: stackValue('SUPABASE_URL'),
      apiUrl: api.url,
      port,
      change: options.change,
    });
    closing.push(nginx.stop);
    return { ...nginx, metricsUrl: `http://127.0.0.1:${metricsPort}/metrics` };
  }

  const begin = async (url: string, size: number): Promise<OpenUpload> => {
    const call = createCaller(url, lab.user.token());
    return (await call<OpenUpload>('POST', '/api/uploads', { json: { fileName: 'a.mp4', size } })).body;
  };

  /** A whole file in one PATCH. */
  const sendWhole = async (file: TestFile, url: string, headers: Readonly<Record<string, string>>) => {
    const body = createReadStream(file.path);
    const answer = await request(url, {
      dispatcher,
      method: 'PATCH',
      headers: { ...patchAt(0), ...headers, 'content-length': String(file.source.size) },
      body,
    }).finally(() => body.destroy());
    return { status: answer.statusCode, offset: answer.headers['upload-offset'], text: await answer.body.text() };
  };

  describe('with its own defaults', () => {
    it('answers 413 to a body of more than 1 MB, to supabase-js and to the relay alike', async () => {
      const { url } = await startBehind({ change: withoutUploadSettings });
      const service = createClient(url, stackValue('SUPABASE_SERVICE_ROLE_KEY'), SUPABASE_OPTIONS);
      const upload = await service.storage
        .from('project-videos')
        .upload('ingress/refused.mp4', Buffer.alloc(DEFAULT_BODY_BYTES + 1), { contentType: 'video/mp4' });
      expect(upload.error).toMatchObject({ status: 413 });

      const file = await lab.makeFile({ bytes: 8_000_000, seed: SEED });
      const open = await begin(url, file.source.size);
      const relayed = await sendWhole(file, url + open.relayUploadUrl, { authorization: `Bearer ${lab.user.token()}` });
      expect([relayed.status, relayed.text]).toEqual([413, expect.stringContaining('413 Request Entity Too Large')]);
      const direct = await sendWhole(file, String(open.uploadUrl), { 'x-signature': open.token });
      expect(direct.status).toBe(413);
    });

    it.each([
      ['straight to Storage', 20_000_000, undefined],
      ['through the relay', 20_000_000, 'closed'],
      ['of 3 MB, which would be one PUT', 3_000_000, undefined],
    ])(
      'lets our client through in smaller pieces: %s',
      async (_way, bytes, storage) => {
        const publicUrl = storage === 'closed' ? await closedPort() : undefined;
        const nginx = await startBehind({ change: withoutUploadSettings, ...(publicUrl && { publicUrl }) });
        const { source, sha256 } = await lab.makeFile({ bytes, seed: SEED });
        const { sessionId } = await lab.uploader(nginx.url).uploadVideo(source).finished;
        expect(await lab.storedSha256(sessionId)).toBe(sha256);
        const requests = await nginx.requests();
        const bodies = requests.filter((line) => /^(PATCH|PUT|POST) /.test(line));
        const refused = bodies.filter((line) => / 413 /.test(line)).length;
        // It was refused, learned how much is taken, and did not ask for more again and again.
        expect(refused).toBeGreaterThanOrEqual(1);
        expect(refused).toBeLessThanOrEqual(5);
        expect(bodies.filter((line) => /^PATCH 204 /.test(line)).length).toBeGreaterThanOrEqual(
          Math.ceil(bytes / DEFAULT_BODY_BYTES),
        );
        const relayed = requests.some((line) => line.startsWith('PATCH 204 /api/'));
        if (storage === 'closed') expect(relayed).toBe(true);
      },
      TIMEOUT_MS,
    );
  });

  describe('with the settings of the example', () => {
    it(
      `passes ${LARGE_BYTES / 1_000_000} MB in one request, to Storage and through the relay`,
      async () => {
        const nginx = await startBehind({});
        const file = await lab.makeFile({ bytes: LARGE_BYTES, seed: SEED });
        for (const way of ['direct', 'relay'] as const) {
          const open = await begin(nginx.url, LARGE_BYTES);
          const started = performance.now();
          const sent =
            way === 'direct'
              ? await sendWhole(file, String(open.uploadUrl), { 'x-signature': open.token })
              : await sendWhole(file, nginx.url + open.relayUploadUrl, {
                  authorization: `Bearer ${lab.user.token()}`,
                });
          const seconds = (performance.now() - started) / 1000;
          process.stdout.write(
            `${way}: ${LARGE_BYTES / 1e6} MB in ${seconds.toFixed(1)} s, ${(LARGE_BYTES / 1e6 / seconds).toFixed(0)} MB/s\n`,
          );
          expect([sent.status, Number(sent.offset)]).toEqual([204, LARGE_BYTES]);
          expect(await lab.storedSha256(open.id)).toBe(file.sha256);
          await createCaller(nginx.url, lab.user.token())('DELETE', `/api/uploads/${open.id}`);
        }
        expect((await nginx.requests()).filter((line) => / 413 /.test(line))).toEqual([]);
      },
      TIMEOUT_MS,
    );

    it(
      'lets the client send the same, with no request refused',
      async () => {
        const nginx = await startBehind({});
        const { source, sha256 } = await lab.makeFile({ bytes: LARGE_BYTES, seed: SEED + 1 });
        const { sessionId } = await lab.uploader(nginx.url).uploadVideo(source).finished;
        expect(await lab.storedSha256(sessionId)).toBe(sha256);
        expect((await nginx.requests()).filter((line) => / 4\d\d /.test(line))).toEqual([]);
      },
      TIMEOUT_MS,
    );

    it('hands bytes on while they arrive, where the defaults first keep the whole body', async () => {
      /** Whether the API hears of a request of which only half was sent. */
      const isHeard = async (change?: (text: string) => string): Promise<boolean> => {
        const nginx = await startBehind({ ...(change && { change }) });
        const open = await begin(nginx.url, 8_000_000);
        const patch = httpRequest(nginx.url + open.relayUploadUrl, {
          method: 'PATCH',
          headers: { ...patchAt(0), authorization: `Bearer ${lab.user.token()}`, 'content-length': 8_000_000 },
        });
        patch.on('error', () => {});
        patch.write(Buffer.alloc(4_000_000));
        const scrape = async () => (await fetch(nginx.metricsUrl)).text();
        let heard = false;
        for (const until = performance.now() + 3000; !heard && performance.now() < until; )
          heard = (await scrape()).includes('media_uploads_started_total{route="relay"} 1');
        patch.destroy();
        return heard;
      };
      expect(await isHeard()).toBe(true);
      expect(await isHeard((text) => text.replace('proxy_request_buffering off;', ''))).toBe(false);
    });
  });
});
