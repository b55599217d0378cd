/** What the client's tests share: API processes, users, files, ways that break, and a look at what was stored. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type FaultProxy, type FaultRule, startFaultProxy } from '@supabase-media/test-support/fault-proxy';
import { randomContent } from '@supabase-media/test-support/random';
import { stackEnvironment, stackValue } from '@supabase-media/test-support/stack';
import type { Connectivity, UploadSource } from '@supabase-media/uploader';
import { createUploader, type Uploader, type UploaderOptions } from '@supabase-media/uploader';
import { openFileSource } from '@supabase-media/uploader/node/file-source';
import { openNodeTransport } from '@supabase-media/uploader/node/http-transport';
import { createMemoryStore } from './memory-store.ts';
import { type RoundRobinProxy, startRoundRobin } from './round-robin.ts';
import { createTestUser, type TestUser } from './test-user.ts';

const SERVER_CLI = fileURLToPath(new URL('../../dist/server/server-cli.js', import.meta.url));

/** One API process. */
export interface ApiProcess {
  readonly url: string;
  readonly kill: (signal: 'SIGTERM' | 'SIGKILL') => Promise<void>;
}

/** A file of content that looks like nothing after the beginning of an MP4. */
export interface TestFile {
  readonly path: string;
  readonly source: UploadSource;
  readonly sha256: string;
}

export interface ClientLab {
  readonly folder: string;
  readonly user: TestUser;
  /** `publicUrl`: where browsers are told that Storage is. */
  readonly startApi: (options?: {
    readonly publicUrl?: string;
    readonly environment?: Readonly<Record<string, string>>;
  }) => Promise<ApiProcess>;
  /** A proxy, in front of the stack unless told. */
  readonly behind: (
    rule: FaultRule,
    options?: { readonly target?: string; readonly onBytes?: (bytes: number) => void },
  ) => Promise<FaultProxy>;
  readonly roundRobin: (targets: readonly string[]) => Promise<RoundRobinProxy>;
  readonly makeFile: (options: {
    readonly bytes: number;
    readonly seed: number;
    readonly head?: string;
  }) => Promise<TestFile>;
  readonly uploader: (apiUrl: string, options?: Partial<UploaderOptions>) => Uploader;
  /** The SHA-256 of what a session brought, read back from Storage. */
  readonly storedSha256: (sessionId: string) => Promise<string>;
  /** Rows of a table, as the service sees them. */
  readonly rows: (query: string) => Promise<readonly Record<string, unknown>[]>;
  /** Adds rows to a table, as the service does. */
  readonly insert: (table: string, rows: readonly Readonly<Record<string, unknown>>[]) => Promise<void>;
  /** Removes rows, as the service does. */
  readonly remove: (query: string) => Promise<void>;
  /** Claims a session for being completed, as an API process does; nobody completes it. */
  readonly leaseCompletion: (sessionId: string, leaseSeconds: number) => Promise<void>;
  /** Removes a partial upload from Storage, as its expiry does. */
  readonly endUpload: (uploadId: string) => Promise<void>;
  /** Ends proxies and processes that a test opened. */
  readonly endTest: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A network that appears all the time: it ends every wait at once. */
export const IMPATIENT: Connectivity = {
  isOnline: () => true,
  onOnline: (listener) => {
    const timer = setTimeout(listener, 1);
    return () => clearTimeout(timer);
  },
};

/** Where an MP4 says what it is (ISO 14496-12, ftyp). */
const MP4_HEAD = '\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom';

export async function openClientLab(): Promise<ClientLab> {
  const folder = await mkdtemp(join(tmpdir(), 'client-lab-'));
  const user = await createTestUser();
  const transport = openNodeTransport();
  const closing: (() => Promise<void>)[] = [];
  const service = stackValue('SUPABASE_SERVICE_ROLE_KEY');
  const headers = { authorization: `Bearer ${service}`, apikey: service };
  const rows = async (query: string) => {
    const answer = await fetch(`${stackValue('SUPABASE_URL')}/rest/v1/${query}`, { headers });
    return (await answer.json()) as Record<string, unknown>[];
  };
  const endTest = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  return {
    folder,
    user,
    rows,
    endTest,
    startApi: async ({ publicUrl, environment = {} } = {}) => {
      const api = await startApiProcess({
        ...stackEnvironment(),
        // One user for all tests, and no worker: their videos wait for ever.
        MAX_QUEUED_PER_OWNER: '10000',
        ...(publicUrl !== undefined && { SUPABASE_PUBLIC_URL: publicUrl }),
        ...environment,
      });
      closing.push(() => api.kill('SIGKILL'));
      return api;
    },
    behind: async (rule, { target = stackValue('SUPABASE_URL'), onBytes } = {}) => {
      const proxy = await startFaultProxy(target, rule, onBytes);
      closing.push(proxy.close);
      return proxy;
    },
    roundRobin: async (targets) => {
      const proxy = await startRoundRobin(targets);
      closing.push(proxy.close);
      return proxy;
    },
    makeFile: ({ bytes, seed, head = MP4_HEAD }) => writeTestFile({ folder, bytes, seed, head }),
    uploader: (apiUrl, options = {}) =>
      createUploader({
        apiUrl,
        getToken: user.token,
        transport: transport.send,
        storage: createMemoryStore(),
        ...options,
      }),
    storedSha256: async (sessionId) => {
      const [session] = await rows(`upload_sessions?id=eq.${sessionId}&select=bucket,path`);
      const url = `${stackValue('SUPABASE_URL')}/storage/v1/object/authenticated/${session?.bucket}/${session?.path}`;
      const answer = await fetch(url, { headers });
      const hash = createHash('sha256');
      for await (const piece of answer.body ?? []) hash.update(piece);
      return hash.digest('hex');
    },
    insert: async (table, added) => {
      const answer = await fetch(`${stackValue('SUPABASE_URL')}/rest/v1/${table}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(added),
      });
      if (!answer.ok) throw new Error(`Adding rows was answered ${answer.status}: ${await answer.text()}`);
    },
    remove: async (query) => {
      const answer = await fetch(`${stackValue('SUPABASE_URL')}/rest/v1/${query}`, { method: 'DELETE', headers });
      if (!answer.ok) throw new Error(`Removing rows was answered ${answer.status}.`);
    },
    leaseCompletion: async (sessionId, leaseSeconds) => {
      const body = { session_id: sessionId, claimant: randomUUID(), lease_seconds: leaseSeconds };
      const answer = await fetch(`${stackValue('SUPABASE_URL')}/rest/v1/rpc/claim_upload_completion`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      if (!answer.ok || (await answer.json()) === null)
        throw new Error(`Claiming the session was answered ${answer.status}.`);
    },
    endUpload: async (uploadId) => {
      const url = `${stackValue('SUPABASE_URL')}/storage/v1/upload/resumable/${uploadId}`;
      const request = { method: 'DELETE', headers: { ...headers, 'tus-resumable': '1.0.0', 'x-upsert': 'true' } };
      const answer = await fetch(url, request);
      if (answer.status !== 204) throw new Error(`Ending the upload was answered ${answer.status}.`);
    },
    close: async () => {
      await endTest();
      transport.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startApiProcess(environment: Readonly<Record<string, string>>): Promise<ApiProcess> {
  const child: ChildProcess = spawn(process.execPath, ['--', SERVER_CLI, 'serve', '--json', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, LOG_LEVEL: 'warn', WEB_HOST: '127.0.0.1', SWEEP_EVERY_SECONDS: '0', ...environment },
    // Without a .env of whoever runs the tests.
    cwd: tmpdir(),
  });
  const exited = once(child, 'exit');
  let said = '';
  child.stderr?.on('data', (text) => {
    said = (said + String(text)).slice(-4000);
  });
  if (child.stdout === null) throw new Error('no stdout');
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      if (line.startsWith('{"ready"')) resolve((JSON.parse(line) as { url: string }).url);
      else said = `${said}${line}\n`.slice(-4000);
    });
    void exited.then(() => reject(new Error(`The API ended before it was ready:\n${said}`)));
  });
  return {
    url,
    kill: async (signal) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await exited;
    },
  };
}

/** Written piece by piece: the acceptance tests make files larger than the memory of small machines. */
async function writeTestFile(options: {
  folder: string;
  bytes: number;
  seed: number;
  head: string;
}): Promise<TestFile> {
  const path = join(options.folder, `clip-${randomUUID()}.mp4`);
  const block = randomContent(options.seed, Math.min(options.bytes, 1024 * 1024));
  const hash = createHash('sha256');
  const file = createWriteStream(path);
  for (let written = 0, number = 0; written < options.bytes; number++) {
    // Different in every block, so that a block at the wrong place shows.
    const piece = Buffer.from(block.subarray(0, options.bytes - written));
    if (piece.length >= 8) piece.writeUInt32LE(number, 4);
    if (number === 0) piece.write(options.head, 0, 'latin1');
    hash.update(piece);
    written += piece.length;
    if (!file.write(piece)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
  return { path, source: await openFileSource(path, { type: 'video/mp4' }), sha256: hash.digest('hex') };
}
