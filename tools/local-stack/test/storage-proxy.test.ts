/** `--storage-url`: a stack whose Storage is another one's, which trusts the same secret. */
import { createServer, type RequestListener, request, type Server } from 'node:http';
import { Readable } from 'node:stream';
import { Upload } from 'tus-js-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { md5, repeatedBytes, seededBytes } from './support/bytes.ts';
import { call } from './support/http.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import { waitUntil } from './support/wait.ts';

const jwtSecret = 'a secret that both servers were started with';
const notices: string[] = [];
let far: TestStack;
let near: TestStack;

beforeAll(async () => {
  far = await startTestStack({ jwtSecret, fileSizeLimit: 300_000_000 });
  near = await startTestStack({
    jwtSecret,
    storageUrl: `${far.stack.url}/storage/v1`,
    onNotice: (line) => notices.push(line),
  });
}, 30_000);

afterAll(async () => {
  await near?.stop();
  await far?.stop();
});

function service(): Record<string, string> {
  return { authorization: `Bearer ${near.stack.serviceRoleKey}` };
}

it('makes the product’s buckets there, without a limit that is refused, and says so', async () => {
  expect(notices.filter((line) => line.includes('refuses 2147483648 bytes'))).toHaveLength(2);
  const { data } = await far.service.storage.getBucket('project-videos');
  expect(data?.allowed_mime_types).toContain('video/*');
});

it('keeps everything else local', async () => {
  await near.service.from('videos').insert({ source_bucket: 'project-videos', source_path: 'near.mp4' });
  expect((await near.service.from('videos').select('id')).data).toHaveLength(1);
  expect((await far.service.from('videos').select('id')).data).toHaveLength(0);
});

describe('through the proxy', () => {
  it('objects go up and come down', async () => {
    const bytes = seededBytes(2_000_000);
    const bucket = near.service.storage.from('project-videos');
    expect((await bucket.upload('a.mp4', bytes, { contentType: 'video/mp4' })).error).toBeNull();
    expect((await far.service.storage.from('project-videos').info('a.mp4')).data).toMatchObject({ size: bytes.length });
    const { data } = await bucket.download('a.mp4');
    expect(md5(Buffer.from((await data?.arrayBuffer()) ?? new ArrayBuffer(0)))).toBe(md5(bytes));
    const part = await call(`${near.storageUrl}/object/project-videos/a.mp4`, {
      headers: { ...service(), range: 'bytes=0-9' },
    });
    expect(part).toMatchObject({ status: 206, headers: { 'content-range': 'bytes 0-9/2000000' } });
  });

  it('refusals come before the body is sent', async () => {
    const answer = await call(`${near.storageUrl}/object/project-videos/a.mp4`, {
      method: 'POST',
      headers: { ...service(), 'content-length': 100_000_000, 'content-type': 'video/mp4' },
      body: new Readable({ read: () => {} }),
    });
    expect(answer).toMatchObject({ status: 400, json: { statusCode: '409', code: 'KeyAlreadyExists' } });
  });

  it('bodies without a length stay so', async () => {
    const answer = await call(`${near.storageUrl}/object/project-videos/chunked.mp4`, {
      method: 'POST',
      headers: { ...service(), 'content-type': 'video/mp4' },
      body: Readable.from([Buffer.from('ab'), Buffer.from('cd')]),
    });
    expect(answer.status).toBe(200);
    expect((await near.service.storage.from('project-videos').info('chunked.mp4')).data).toMatchObject({ size: 4 });
  });

  it('the URL of a resumable upload leads back through it', async () => {
    const upload = await new Promise<Upload>((resolve, reject) => {
      const started = new Upload(seededBytes(3_000_000), {
        endpoint: `${near.storageUrl}/upload/resumable`,
        headers: service(),
        chunkSize: 1_000_000,
        retryDelays: null,
        metadata: { bucketName: 'project-videos', objectName: 'tus.mp4', contentType: 'video/mp4' },
        onSuccess: () => resolve(started),
        onError: reject,
      });
      started.start();
    });
    expect(upload.url?.startsWith(`${near.storageUrl}/upload/resumable/`)).toBe(true);
    expect((await near.service.storage.from('project-videos').info('tus.mp4')).data).toMatchObject({ size: 3_000_000 });
  });

  it('100 MB need no memory', async () => {
    const before = process.memoryUsage().rss;
    const answer = await call(`${near.storageUrl}/object/project-videos/large.mp4`, {
      method: 'POST',
      headers: { ...service(), 'content-length': 100_000_000, 'content-type': 'video/mp4' },
      body: repeatedBytes(100_000_000),
    });
    expect(answer.status).toBe(200);
    expect(process.memoryUsage().rss - before).toBeLessThan(60_000_000);
  });
});

describe('with a server that misbehaves', () => {
  let server: Server | undefined;

  /** Answers bucket calls kindly and everything else as it is told. */
  async function startOdd(handle: RequestListener): Promise<string> {
    server = createServer((incoming, response) => {
      if (incoming.url?.startsWith('/bucket')) {
        incoming.resume();
        response.end('{}');
      } else handle(incoming, response);
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  }

  async function withOdd(handle: RequestListener, work: (stack: TestStack) => Promise<void>): Promise<void> {
    const odd = await startTestStack({ jwtSecret, storageUrl: await startOdd(handle) });
    try {
      await work(odd);
    } finally {
      await odd.stop();
      server?.closeAllConnections();
      server?.close();
    }
  }

  it('rewrites a Location that forces https, tells the client of an end, and tells the server of a cut', async () => {
    const seen: { started: boolean; aborted: boolean; prefix: unknown } = {
      started: false,
      aborted: false,
      prefix: undefined,
    };
    await withOdd(
      (incoming, response) => {
        seen.prefix = incoming.headers['x-forwarded-prefix'];
        if (incoming.url === '/upload/resumable') {
          response.writeHead(201, { location: 'https://else.where/storage/v1/upload/resumable/abc' }).end();
        } else if (incoming.url === '/object/gone') incoming.socket.destroy();
        else {
          incoming.once('data', () => {
            seen.started = true;
          });
          incoming.once('aborted', () => {
            seen.aborted = true;
          });
        }
      },
      async (odd) => {
        const created = await call(`${odd.storageUrl}/upload/resumable`, { method: 'POST' });
        expect(created.headers.location).toBe(`${odd.storageUrl}/upload/resumable/abc`);
        expect(seen.prefix).toBe('/storage/v1');
        expect((await call(`${odd.storageUrl}/object/gone`)).status).toBe(502);
        const outgoing = request(`${odd.storageUrl}/object/b/slow`, { method: 'POST', agent: false });
        outgoing.on('error', () => {});
        outgoing.write('some bytes');
        await waitUntil(() => seen.started);
        outgoing.destroy();
        await waitUntil(() => seen.aborted);
      },
    );
  });

  it('fails at start, with the remedy, when it is not there or does not trust us', async () => {
    await expect(startTestStack({ storageUrl: 'http://127.0.0.1:9/' })).rejects.toMatchObject({
      name: 'StackError',
      message: expect.stringContaining('does not answer'),
    });
    await expect(
      startTestStack({ storageUrl: `${far.stack.url}/storage/v1`, jwtSecret: 'another' }),
    ).rejects.toMatchObject({ remedy: expect.stringContaining('--jwt-secret') });
  });
});
