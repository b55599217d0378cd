/** A worker as it runs, on a queue that an attacker may write to as they like; and looks at what an attack would leave. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { chooseBackend, type QueueAddress } from '@supabase-media/queue/backend';
import { openQueue } from '@supabase-media/queue/open-queue';
import { QUEUE_NAME } from '@supabase-media/queue/queue-names';
import { type RunningCommand, startCommand } from '@supabase-media/test-support/command';
import { type FaultProxy, startFaultProxy } from '@supabase-media/test-support/fault-proxy';
import { createQueueDatabase } from '@supabase-media/test-support/queue';
import { stackEnvironment, stackValue } from '@supabase-media/test-support/stack';
import type { Queue } from 'bullmq';
import { expect } from 'vitest';

/** What a fixed file of the host says; it may appear nowhere. */
export const HOST_SECRET = 'the content of a file of this host';

export interface QueueLab {
  readonly address: QueueAddress;
  /** Everything of it is the attacker's. */
  readonly queue: Queue;
  readonly worker: RunningCommand;
  /** Between the worker and Supabase: what was asked, line by line. */
  readonly proxy: FaultProxy;
  /** The host's files around the worker's directory, by their name: what they are and hold. */
  readonly lookAtHost: () => Promise<Readonly<Record<string, string>>>;
  /** Fails where the worker asked Supabase for anything but objects and rows. */
  readonly expectOnlyOwnRequests: () => void;
  /** A file of the host with {@link HOST_SECRET}, and an address where somebody listens. */
  readonly secretFile: string;
  readonly listener: { readonly url: string; readonly connections: () => number };
  /** Where the worker's webhooks go, and what came. */
  readonly receiver: { readonly url: string; readonly received: readonly string[] };
  readonly close: () => Promise<void>;
}

export interface OpenQueueLabOptions {
  readonly kind: 'postgres' | 'redis';
  readonly redisUrl: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Storage and the tables, and no way out of them. */
const OWN_REQUEST = /^[A-Z]+ \/(storage|rest)\/v1\/(?!.*(\.\.|%2e%2e))/i;

/** The worker's folder, in a host's folder of which nothing else may change. */
const WORK = 'work';

export async function openQueueLab({ kind, redisUrl, environment }: OpenQueueLabOptions): Promise<QueueLab> {
  const host = await mkdtemp(join(tmpdir(), 'media-attacked-'));
  const secretFile = join(host, 'secrets', 'keys.txt');
  for (const folder of ['secrets', 'victim-host', join('victim-host', 'inner')]) await mkdir(join(host, folder));
  for (const file of [secretFile, join(host, 'victim-host', 'inner', 'letter.txt'), join(host, 'video.mp4')])
    await writeFile(file, HOST_SECRET);
  const listener = await startListener();
  const receiver = await startReceiver();
  const proxy = await startFaultProxy(stackValue('SUPABASE_URL'), () => ({ kind: 'pass' }));
  const address: QueueAddress = kind === 'redis' ? { redisUrl } : { databaseUrl: await createQueueDatabase() };
  const workDir = join(host, WORK);
  const worker = startCommand(['worker'], {
    ...stackEnvironment(),
    ...(address.redisUrl === undefined ? {} : { REDIS_URL: address.redisUrl }),
    ...(address.databaseUrl === undefined ? {} : { DATABASE_URL: address.databaseUrl }),
    SUPABASE_URL: proxy.url,
    WORK_DIR: workDir,
    LOG_FORMAT: 'json',
    WEBHOOK_URLS: receiver.url,
    WEBHOOK_SECRETS: `whsec_${randomBytes(32).toString('base64')}`,
    ...environment,
  });
  await worker.sees('worker.ready');
  const queue = (await openQueue(chooseBackend(address), QUEUE_NAME)) as unknown as Queue;
  return {
    address,
    queue,
    worker,
    proxy,
    secretFile,
    listener,
    receiver,
    lookAtHost: () => lookAt(host),
    expectOnlyOwnRequests: () => {
      for (const line of proxy.seen) expect(line).toMatch(OWN_REQUEST);
    },
    close: async () => {
      worker.kill('SIGTERM');
      await worker.ended;
      await queue.close();
      await proxy.close();
      await listener.close();
      await receiver.close();
      await rm(host, { recursive: true, force: true });
    },
  };
}

/** Counts who connects. */
async function startListener() {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

/** Takes webhooks. */
async function startReceiver() {
  const received: string[] = [];
  const server = createHttpServer(async (request, answer) => {
    received.push(await text(request));
    answer.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Everything in a folder but the worker's own: kind, owner's rights, time of the last change, digest of the content. */
async function lookAt(root: string): Promise<Record<string, string>> {
  const seen: Record<string, string> = {};
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(root, path);
    if (name === WORK || name.startsWith(`${WORK}/`)) continue;
    const { mode, mtimeMs } = await lstat(path);
    const content = entry.isFile()
      ? createHash('sha256')
          .update(await readFile(path))
          .digest('hex')
      : '';
    seen[name] = `${mode} ${mtimeMs} ${content}`;
  }
  return seen;
}
