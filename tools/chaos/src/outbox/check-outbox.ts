/** What must hold after an outbox run; every violation is told. */
import { setTimeout as sleep } from 'node:timers/promises';
import { chooseBackend, type QueueAddress } from '@supabase-media/queue/backend';
import { QUEUE_NAME } from '@supabase-media/queue/queue-names';
import { listObjects, type StorageAccess } from '../objects.ts';
import { readStatusAudit } from '../status-audit.ts';
import type { WorkerProcess } from '../worker-process.ts';

export interface OutboxFindings {
  readonly ready: number;
  /** Videos that became ready more than once. */
  readonly readyAgain: number;
  /** Starts of jobs, also of those whose worker was killed. */
  readonly starts: number;
  /** Jobs that workers added for rows. */
  readonly added: number;
  readonly jobs: Readonly<Record<string, number>>;
  readonly objects: number;
  readonly requestsLeft: number;
  readonly problems: readonly string[];
}

/** The queue is told last, and a job whose worker was killed over that waits for its lock to expire, in milliseconds. */
const SETTLE_MS = 20_000;

/** So many violations of one kind are told. */
const TOLD = 5;

/** The exit code of a process that a signal ended before it listened to it. */
const TERMINATED = 143;

export async function checkOutbox(options: {
  readonly storage: StorageAccess;
  readonly workers: readonly WorkerProcess[];
  readonly address: QueueAddress;
  readonly rows: number;
  readonly project: string;
}): Promise<OutboxFindings> {
  const { storage, workers, rows, project } = options;
  const jobs = await countJobs(options.address, rows);
  for (const worker of workers) await worker.retire();
  const videos = await readStatusAudit(storage.pool, project);
  const ready = videos.filter(({ status }) => status === 'ready');
  const again = ready.filter(({ readyCount }) => readyCount !== 1);
  const objects = await listObjects(storage, project);
  const { rows: left } = await storage.pool.query<{ count: number }>(
    'select count(*)::int from public.video_requests where due_at is not null',
  );
  const requestsLeft = left[0]?.count ?? 0;
  const { rows: doubles } = await storage.pool.query<{ id: string; objects: number }>(
    `select videos.id, count(objects.id)::int as objects
       from public.videos
       left join storage.objects on objects.bucket_id = 'project-processed-videos'
        and objects.name like videos.project || '/' || videos.id || '/%'
      where videos.project = $1 group by videos.id having count(objects.id) <> 1`,
    [project],
  );
  const problems = [
    ...(videos.length === rows ? [] : [`${videos.length} rows, not ${rows}`]),
    ...videos
      .filter(({ status }) => status !== 'ready')
      .map(({ id, status, error_code, statuses }) => `${id} is ${status} (${error_code ?? ''}): ${statuses.join(' ')}`)
      .slice(0, TOLD),
    ...again.map(({ id, statuses }) => `${id} was ready more than once: ${statuses.join(' ')}`).slice(0, TOLD),
    ...doubles.map(({ id, objects: count }) => `${id} has ${count} objects, not 1`).slice(0, TOLD),
    ...(requestsLeft === 0 ? [] : [`${requestsLeft} requests are still due`]),
    ...Object.entries(jobs)
      .filter(([state]) => state !== 'completed')
      .map(([state, count]) => `${count} jobs are ${state}`),
    ...workers.flatMap(({ violations }, index) =>
      // Told to stop while it was still starting.
      violations
        .filter(({ exitCode }) => exitCode !== TERMINATED)
        .map(
          ({ exitCode, signal, lastLines }) =>
            `worker ${index} exited with ${signal ?? exitCode}: ${lastLines.at(-1)?.slice(0, 300) ?? ''}`,
        ),
    ),
  ];
  const count = (event: string) =>
    workers.reduce((sum, worker) => sum + worker.countEvents((line) => line.event === event), 0);
  return {
    ready: ready.length,
    readyAgain: again.length,
    starts: count('video.started'),
    added: count('request.added'),
    jobs,
    objects: objects.length,
    requestsLeft,
    problems,
  };
}

/** The jobs of each state, when all have ended. */
async function countJobs(address: QueueAddress, rows: number): Promise<Readonly<Record<string, number>>> {
  const { classes, connection } = chooseBackend(address);
  const queue = new classes.Queue(QUEUE_NAME, { connection });
  queue.on('error', () => {});
  try {
    const end = Date.now() + SETTLE_MS;
    let counts = await queue.getJobCounts();
    while ((counts.completed ?? 0) + (counts.failed ?? 0) < rows && Date.now() < end) {
      await sleep(200);
      counts = await queue.getJobCounts();
    }
    return Object.fromEntries(Object.entries(counts).filter(([, number]) => number > 0));
  } finally {
    await queue.close();
  }
}
