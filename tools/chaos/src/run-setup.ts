/** Starts everything that one run needs, and closes it in reverse order. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openQueueClient, type QueueClient } from '@supabase-media/client';
import { openTcpFaultProxy, type TcpFaultProxy } from '@supabase-media/local-stack/fault-proxy/tcp-fault-proxy';
import { Closers } from '@supabase-media/local-stack/stack/closers';
import { type BackendKind, openQueueServer, type QueueServer } from './queue-server.ts';
import { openWorkDisk, type WorkDisk } from './work-disk.ts';
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts';

export interface RunSetupOptions {
  readonly kind: BackendKind;
  /** The folder of the run; it is created. */
  readonly folder: string;
  readonly workers: number;
  /** One folder for all workers, as on one machine, or one for each, as on several. */
  readonly hasSharedWorkDir: boolean;
  readonly lockSeconds: number;
  readonly workerCli: string;
  /** SUPABASE_URL and its keys. */
  readonly supabase: Readonly<Record<string, string>>;
}

export interface RunSetup {
  readonly queue: QueueServer;
  readonly client: QueueClient;
  readonly proxy: TcpFaultProxy;
  readonly disk: WorkDisk;
  readonly workers: readonly WorkerProcess[];
  readonly workDirs: readonly string[];
  readonly close: () => Promise<void>;
}

/** The size of the disk that all workers of a run share, in MB: a few jobs fit, and a ballast file fills it quickly. */
const DISK_MB = 500;

/** Limits Storage to 100 Mbit/s, so that downloads and uploads take long enough to be hit. */
const LINE_BYTES_PER_SECOND = 12_500_000;

export async function setUpRun(options: RunSetupOptions): Promise<RunSetup> {
  const { folder, supabase } = options;
  const closers = new Closers();
  try {
    await mkdir(folder, { recursive: true, mode: 0o755 });
    const queue = await openQueueServer(options.kind, join(folder, 'queue'));
    closers.add(queue.stop);
    const proxy = await openTcpFaultProxy(Number(new URL(String(supabase.SUPABASE_URL)).port), LINE_BYTES_PER_SECOND);
    closers.add(proxy.close);
    const disk = await openWorkDisk(join(folder, 'disk'), DISK_MB);
    closers.add(disk.close);
    const client = openQueueClient({ ...queue.address, rows: 'elsewhere' });
    closers.addBounded(() => client.close(), 5000);
    const dirOf = (index: number) => join(disk.path, options.hasSharedWorkDir ? 'work' : `work-${index}`);
    const workers = Array.from({ length: options.workers }, (_, index) => {
      const worker = startWorkerProcess({
        cli: options.workerCli,
        environment: {
          ...supabase,
          SUPABASE_URL: `http://127.0.0.1:${proxy.port}`,
          ...queue.environment,
          ...variablesOf(options),
          WORK_DIR: dirOf(index),
        },
        logFile: join(folder, `worker-${index}.log`),
      });
      closers.add(worker.retire);
      return worker;
    });
    const workDirs = [...new Set(workers.map((_, index) => dirOf(index)))];
    return { queue, client, proxy, disk, workers, workDirs, close: () => closers.closeAll() };
  } catch (error) {
    await closers.closeAll().catch(() => {});
    throw error;
  }
}

/** Short timeouts and small limits, so that minutes in production are seconds here. */
const variablesOf = ({ lockSeconds }: RunSetupOptions): Record<string, string> => ({
  JOB_LOCK_SECONDS: String(lockSeconds),
  // Two queues share one project here, and their producers add every job themselves.
  REQUEST_POLL_SECONDS: '0',
  SHUTDOWN_GRACE_SECONDS: '1',
  WORKER_CONCURRENCY: '1',
  WORK_DIR_RESERVE_MB: '20',
  UPLOAD_DIRECT_MAX_MB: '2',
  UPLOAD_CHUNK_SIZE_MB: '6',
  UPLOAD_STALL_SECONDS: '10',
  UPLOAD_ANSWER_SECONDS: '10',
  UPLOAD_CONNECT_SECONDS: '3',
  // With more threads x264 produces different bytes each time, and checksums could not be compared.
  MEDIA_THREADS: '1',
  LOG_FORMAT: 'json',
  LOG_LEVEL: 'info',
});
