/** What the API's tests share: processes of the built server with a queue of their own, callers, and looks behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openQueueClient } from '@supabase-media/client';
import { createQueueDatabase } from '@supabase-media/test-support/queue';
import { stackEnvironment, stackValue } from '@supabase-media/test-support/stack';
import type { OpenUpload } from '@supabase-media/uploader/contract';
import pg from 'pg';

/** WEB_CLI names another build: a broken one shows which tests notice. */
const SERVER_CLI = process.env.WEB_CLI ?? fileURLToPath(new URL('../../dist/server/server-cli.js', import.meta.url));

/** Where an MP4 says what it is (ISO 14496-12, ftyp). */
export const MP4_HEAD = Buffer.from('\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom', 'latin1');

/** Bytes that begin like an MP4. */
export function mp4Bytes(size: number, fill = 7): Buffer {
  const bytes = Buffer.alloc(size, fill);
  MP4_HEAD.copy(bytes);
  return bytes;
}

export interface ApiProcess {
  readonly url: string;
  readonly pid: number;
  /** Its working and temporary directory; nothing may ever be in it. */
  readonly folder: string;
  readonly log: () => string;
  readonly end: (signal: 'SIGTERM' | 'SIGKILL') => Promise<number | null>;
}

/** One answer, its body read. */
export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: T;
}

/** The error of an answer. */
export interface ToldError {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly action: string;
    readonly details?: Record<string, unknown>;
  };
}

export type Call = <T = Record<string, unknown>>(
  method: string,
  path: string,
  options?: {
    readonly json?: unknown;
    readonly bytes?: Uint8Array;
    readonly headers?: Readonly<Record<string, string>>;
  },
) => Promise<Answer<T>>;

/** Calls an API as whoever the token says; undefined: nobody. */
export const createCaller =
  (url: string, token: string | undefined): Call =>
  async (method, path, options = {}) => {
    const { json, bytes } = options;
    const answer = await fetch(new URL(path, url), {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...options.headers,
      },
      body: json !== undefined ? JSON.stringify(json) : bytes === undefined ? null : new Uint8Array(bytes),
    });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.startsWith('application/json') === true && text !== '';
    return { status: answer.status, headers: answer.headers, text, body: isJson ? JSON.parse(text) : {} };
  };

export const TUS = { 'tus-resumable': '1.0.0' } as const;

/** Headers of a PATCH that begins at an offset. */
export const patchAt = (offset: number) => ({
  ...TUS,
  'upload-offset': String(offset),
  'content-type': 'application/offset+octet-stream',
});

export interface ApiLab {
  readonly start: (environment?: Readonly<Record<string, string>>) => Promise<ApiProcess>;
  /** Runs a command of the server's command line to its end. */
  readonly run: (
    args: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ) => Promise<{ exitCode: number | null; stdout: string; stderr: string }>;
  readonly sql: <T extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<T[]>;
  /** How many jobs of a video stand in the queue. */
  readonly jobCount: (videoId: string) => Promise<number>;
  readonly queueUrl: string;
  /** Whether Storage has the object of a session. */
  readonly hasObject: (session: Pick<OpenUpload, 'bucket' | 'path'>) => Promise<boolean>;
  /** Status of a HEAD on the resumable upload: 200 while there is one. */
  readonly partialStatus: (uploadUrl: string, token: string) => Promise<number>;
  readonly close: () => Promise<void>;
}

export async function openApiLab(): Promise<ApiLab> {
  const folder = await mkdtemp(join(tmpdir(), 'api-lab-'));
  const queueUrl = await createQueueDatabase();
  const database = new pg.Client(stackValue('DATABASE_URL'));
  await database.connect();
  const running = new Set<ApiProcess>();

  const open = async (args: readonly string[], environment: Readonly<Record<string, string>>) => {
    const own = await mkdtemp(join(folder, 'process-'));
    const child: ChildProcess = spawn(process.execPath, ['--', SERVER_CLI, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: own,
      env: {
        PATH: process.env.PATH,
        TMPDIR: own,
        ...stackEnvironment(),
        DATABASE_URL: queueUrl,
        WEB_HOST: '127.0.0.1',
        SWEEP_EVERY_SECONDS: '0',
        INTAKE_CREATE_PER_MINUTE: '1000',
        ...environment,
      },
    });
    const said = { stdout: '', stderr: '' };
    child.stdout?.on('data', (text) => {
      said.stdout += String(text);
    });
    child.stderr?.on('data', (text) => {
      said.stderr += String(text);
    });
    const exited = once(child, 'close').then(([code]) => code as number | null);
    return { child, own, said, exited };
  };

  return {
    queueUrl,
    start: async (environment = {}) => {
      const { child, own, said, exited } = await open(['serve', '--json', '--port', '0'], environment);
      if (child.stdout === null) throw new Error('no stdout');
      const lines = createInterface({ input: child.stdout });
      const url = await new Promise<string>((resolve, reject) => {
        lines.on('line', (line) => {
          if (line.startsWith('{"ready"')) resolve((JSON.parse(line) as { url: string }).url);
        });
        void exited.then(() => reject(new Error(`The API ended before it was ready:\n${said.stderr}`)));
      });
      const api: ApiProcess = {
        url,
        pid: child.pid ?? -1,
        folder: own,
        log: () => said.stderr,
        end: async (signal) => {
          child.kill(signal);
          running.delete(api);
          return await exited;
        },
      };
      running.add(api);
      return api;
    },
    run: async (args, environment = {}) => {
      const { said, exited } = await open(args, environment);
      return { exitCode: await exited, ...said };
    },
    sql: async <T extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
      (await database.query<T>(text, values)).rows,
    jobCount: async (videoId) => {
      const client = new pg.Client(queueUrl);
      await client.connect();
      try {
        const tables = await client.query<{ name: string }>(
          `select format('%I.%I', table_schema, table_name) as name from information_schema.columns
            where column_name = 'data' and table_name like '%job%' and table_schema not in ('pg_catalog', 'information_schema')`,
        );
        for (const { name } of tables.rows) {
          const { rows } = await client.query(`select * from ${name} as job where job::text like $1`, [
            `%video-${videoId}%`,
          ]);
          if (rows.length > 0) return rows.length;
        }
        return 0;
      } finally {
        await client.end();
      }
    },
    hasObject: async ({ bucket, path }) =>
      (await database.query('select 1 from storage.objects where bucket_id = $1 and name = $2', [bucket, path]))
        .rowCount === 1,
    partialStatus: async (uploadUrl, token) =>
      (await fetch(uploadUrl, { method: 'HEAD', headers: { ...TUS, 'x-signature': token } })).status,
    close: async () => {
      for (const api of running) await api.end('SIGKILL');
      await database.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Every file below a folder. */
export const filesBelow = async (folder: string): Promise<readonly string[]> => readdir(folder, { recursive: true });

/** The most memory that a process has held, in bytes (Linux, proc(5)); undefined elsewhere. */
export function peakMemory(pid: number): number | undefined {
  try {
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line === null ? undefined : Number(line[1]) * 1024;
  } catch {
    return undefined;
  }
}

/** Opens the queue that the lab's processes use. */
export const openLabQueue = (lab: ApiLab) => openQueueClient({ databaseUrl: lab.queueUrl, rows: 'elsewhere' });
