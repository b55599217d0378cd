/** `media jobs`: what is in the queue, and removing or repeating one job by hand. */
import { jobIdOf } from '@supabase-media/client/contract';
import { MediaError } from '@supabase-media/core/errors';
import { formatSeconds } from '@supabase-media/core/format';
import {
  type JobAdmin,
  type JobDetails,
  type JobSummary,
  LISTED_STATES,
  type ListedState,
  openJobAdmin,
} from '@supabase-media/queue/job-admin';
import type { CommandContext } from './run-command.ts';

export interface ListJobsOptions {
  readonly state?: readonly ListedState[] | undefined;
  /** At most this many of each state. */
  readonly limit: number;
}

async function withAdmin<T>({ config }: CommandContext, use: (admin: JobAdmin) => Promise<T>): Promise<T> {
  const admin = await openJobAdmin(config.queue);
  try {
    return await use(admin);
  } finally {
    await admin.close();
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** People name a job by its video's id, too: it is what the row and the log tell them. */
const jobIdFrom = (id: string): string => (UUID.test(id) ? jobIdOf(id.toLowerCase()) : id);

const ago = (since: number | undefined, now: number): string =>
  since === undefined ? '-' : formatSeconds(Math.max(0, now - since) / 1000);

/** Two lines for each job; the first fits 80 columns. */
export function describeJob(job: JobSummary, now: number): string[] {
  const where = job.step === undefined || job.state !== 'active' ? '' : `${job.step} ${job.percent} %`;
  const first = [job.jobId.padEnd(43), job.state.padEnd(10), `added ${ago(job.addedAt, now)} ago`].join(' ');
  const rest = [
    job.type,
    where,
    job.startedAt === undefined ? 'never started' : `started ${ago(job.startedAt, now)} ago`,
    `failed tries: ${job.attemptsMade}`,
    job.worker ?? '',
  ].filter((part) => part !== '');
  return [first, `  ${rest.join(', ')}`, ...(job.failure === undefined ? [] : [`  ${job.failure}`])];
}

export function describeDetails(job: JobDetails, now: number): string[] {
  const blocks = { data: job.data, result: job.result, checkpoint: job.checkpoint };
  return [
    ...describeJob(job, now),
    ...Object.entries(blocks).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}: ${JSON.stringify(value, null, 2)}`],
    ),
  ];
}

export const listJobsCommand = (context: CommandContext, { state, limit }: ListJobsOptions): Promise<void> =>
  withAdmin(context, async (admin) => {
    const [counts, jobs] = await Promise.all([
      admin.count(),
      admin.list(state ?? ['active', 'waiting', 'delayed', 'failed'], limit),
    ]);
    const sum = LISTED_STATES.map((name) => `${name} ${counts[name]}`).join(', ');
    const now = Date.now();
    context.output.result({ counts, jobs }, [...jobs.flatMap((job) => describeJob(job, now)), sum]);
  });

export const showJobCommand = (context: CommandContext, id: string): Promise<void> =>
  withAdmin(context, async (admin) => {
    const job = await admin.show(jobIdFrom(id));
    context.output.result({ ...job }, describeDetails(job, Date.now()));
  });

export const retryJobCommand = (context: CommandContext, id: string): Promise<void> =>
  withAdmin(context, async (admin) => {
    const jobId = jobIdFrom(id);
    await admin.retry(jobId);
    context.output.result({ jobId, state: 'waiting' }, [`${jobId}: waits to be run again, from the start`]);
  });

export const removeJobCommand = (context: CommandContext, id: string): Promise<void> =>
  withAdmin(context, async (admin) => {
    const jobId = jobIdFrom(id);
    await admin.remove(jobId);
    context.output.result({ jobId, state: 'removed' }, [`${jobId}: out of the queue; its row and files stay`]);
  });

/** Reads `--state active,failed`. */
export function parseStates(value: string): readonly ListedState[] {
  const names = value.split(',').map((name) => name.trim());
  const known = LISTED_STATES.filter((state) => names.includes(state));
  if (known.length === names.length) return known;
  throw new MediaError({ code: 'invalid_argument', message: `"${value}" is no list of ${LISTED_STATES.join(', ')}.` });
}
