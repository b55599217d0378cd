/** A stack of its own for one test file, in a temporary folder. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type SupabaseClient, type SupabaseClientOptions } from '@supabase/supabase-js';
import pg from 'pg';
import WebSocket from 'ws';
import { removeClusterFolder } from '../../src/postgres/cluster-folder.ts';
import type { StackOptions } from '../../src/stack/options.ts';
import { type Stack, startStack } from '../../src/stack/start-stack.ts';

export interface TestStack {
  readonly stack: Stack;
  readonly dataFolder: string;
  /** `<url>/storage/v1` */
  readonly storageUrl: string;
  readonly service: SupabaseClient;
  readonly database: pg.Pool;
  /** A client without a user, or with the one who signs up or in on it. */
  connect(): SupabaseClient;
  stop(): Promise<void>;
}

export async function startTestStack(options: Partial<StackOptions> = {}): Promise<TestStack> {
  const dataFolder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), 'stack-test-')));
  const stack = await startStack({ ...options, dataFolder }).catch(async (error: unknown) => {
    if (options.dataFolder === undefined) await removeTestFolder(dataFolder);
    throw error;
  });
  const database = new pg.Pool({ connectionString: stack.databaseUrl, max: 4 });
  database.on('error', () => {});
  return {
    stack,
    dataFolder,
    database,
    storageUrl: `${stack.url}/storage/v1`,
    service: connectClient(stack.url, stack.serviceRoleKey),
    connect: () => connectClient(stack.url, stack.anonKey),
    stop: async () => {
      await database.end();
      await stack.stop();
      if (options.dataFolder === undefined) await removeTestFolder(dataFolder);
    },
  };
}

/** Removes a data folder with all that may lie outside of it. */
export async function removeTestFolder(folder: string): Promise<void> {
  await removeClusterFolder(folder);
  await rm(folder, { recursive: true, force: true });
}

type Transport = NonNullable<NonNullable<SupabaseClientOptions<'public'>['realtime']>['transport']>;

/** Node 20 has no WebSocket of its own, and createClient wants one. The two types differ in what nothing here uses. */
const transport = WebSocket as unknown as Transport;

function connectClient(url: string, key: string): SupabaseClient {
  return createClient(url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport },
  });
}

/** Signs a new user up on a client of their own. */
export async function signUp(
  test: TestStack,
  email: string,
): Promise<{ client: SupabaseClient; id: string; token: string }> {
  const client = test.connect();
  const { data, error } = await client.auth.signUp({ email, password: 'a long password' });
  if (error || !data.session || !data.user) throw error ?? new Error('No session');
  return { client, id: data.user.id, token: data.session.access_token };
}
