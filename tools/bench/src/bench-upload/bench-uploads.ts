/** The upload benchmark alternates between clients and sizes, so that a machine that slows down affects all. */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatBytes } from '@supabase-media/core/format';
import { startStackProcess } from '@supabase-media/local-stack/stack/start-stack-process';
import { openStorage } from '@supabase-media/storage/connection';
import { removeObject } from '@supabase-media/storage/expected-object';
import { lengthenWay } from '../lengthen-way.ts';
import { median } from '../statistics.ts';
import { type ProcessRun, runProcess } from './run-process.ts';
import { type BenchClient, CLIENTS, PROVED_REFERENCE, REFERENCE } from './upload-clients.ts';

export interface BenchUploadsOptions {
  /** In bytes. */
  readonly sizes: readonly number[];
  readonly rounds: number;
  /** Of the way to Storage and back, in milliseconds. Default: that of the network there is. */
  readonly roundTripMs?: number | undefined;
  /** Names of clients. Default: all. */
  readonly only?: readonly string[] | undefined;
  readonly environment: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
}

/** The medians of one client at one size. */
export interface BenchRow {
  readonly client: string;
  readonly bytes: number;
  readonly seconds: number;
  /** Relative to `curl -T` of the same round; the median of the rounds. */
  readonly ratio: number;
  /** Relative to `curl -T` with md5sum beside it; the median of the rounds. */
  readonly provedRatio: number;
  readonly peakMb: number | undefined;
  readonly bytesSent: number;
}

export interface BenchReport {
  readonly target: string;
  readonly rounds: number;
  /** The memory of our command with an empty file, in MB: the process without an upload. */
  readonly idleMb: number | undefined;
  readonly rows: readonly BenchRow[];
}

const BUCKET = 'project-videos';

/** Runs the benchmark. */
export async function benchUploads(options: BenchUploadsOptions): Promise<BenchReport> {
  const { sizes, rounds, say } = options;
  const folder = await mkdtemp(join(tmpdir(), 'bench-upload-'));
  const given = options.environment.SUPABASE_URL && options.environment.SUPABASE_SERVICE_ROLE_KEY;
  const stack = given ? undefined : await startStackProcess(folder);
  const environment: Record<string, string | undefined> = {
    ...options.environment,
    ...stack?.environment,
    WORK_DIR: join(folder, 'work'),
    LOG_LEVEL: 'silent',
  };
  const way = await lengthenWay(String(environment.SUPABASE_URL), options.roundTripMs);
  const { url } = way;
  environment.SUPABASE_URL = url;
  const key = String(environment.SUPABASE_SERVICE_ROLE_KEY);
  const storage = openStorage({ url, serviceRoleKey: key });
  const clients = CLIENTS.filter(
    (client) => client === REFERENCE || client === PROVED_REFERENCE || (options.only?.includes(client.name) ?? true),
  );

  const uploadOnce = async (client: BenchClient, file: string) => {
    const upload = { url, key, file, bucket: BUCKET, path: 'bench/object.mp4' };
    const run = await runProcess(...client.command(upload), { ...environment, ...client.environment });
    await removeObject({ connection: storage, ...upload });
    return run;
  };
  try {
    const rows: BenchRow[] = [];
    const empty = await makeFile(folder, 0);
    const idle = await uploadOnce(CLIENTS.find(({ name }) => name === 'ours stream') ?? REFERENCE, empty);
    for (const bytes of sizes) {
      const file = await makeFile(folder, bytes);
      // A warm-up: afterwards the file and the programs are in the page cache.
      await uploadOnce(REFERENCE, file);
      const runs = new Map(clients.map((client) => [client.name, [] as ProcessRun[]]));
      for (let round = 1; round <= rounds; round++)
        for (const client of clients) {
          say(`${formatBytes(bytes)}, round ${round} of ${rounds}: ${client.name}`);
          runs.get(client.name)?.push(await uploadOnce(client, file));
        }
      const ratioTo = (reference: BenchClient, own: readonly ProcessRun[]) =>
        median(own.map((run, round) => run.seconds / (runs.get(reference.name)?.[round]?.seconds ?? Number.NaN)));
      for (const [client, own] of runs)
        rows.push({
          client,
          bytes,
          seconds: median(own.map((run) => run.seconds)),
          ratio: ratioTo(REFERENCE, own),
          provedRatio: ratioTo(PROVED_REFERENCE, own),
          peakMb: maximum(own.map((run) => run.peakMb)),
          bytesSent: Number(own[0]?.printed.bytesSent ?? bytes),
        });
      await rm(file);
    }
    return { target: stack ? 'local stack' : new URL(url).host, rounds, idleMb: idle.peakMb, rows };
  } finally {
    await storage.close();
    await way.close();
    await stack?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Creates a file that is neither compressible nor sparse, so that no disk or proxy can take shortcuts. */
async function makeFile(folder: string, bytes: number): Promise<string> {
  const path = join(folder, `${bytes}.mp4`);
  const handle = await open(path, 'w');
  const block = Buffer.alloc(1_000_000);
  for (let at = 0; at < block.length; at++) block[at] = (at * 2_654_435_761) >>> 13;
  for (let at = 0; at < bytes; at += block.length) {
    block.writeUInt32LE(at / block.length, 0);
    await handle.write(block, 0, Math.min(block.length, bytes - at));
  }
  await handle.close();
  return path;
}

const maximum = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
};
