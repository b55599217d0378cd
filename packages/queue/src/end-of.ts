/** How a job that a worker ran has ended. Pure. */
import type { MediaError } from '@supabase-media/core/errors';
import type { Job } from 'bullmq';
import type { JobEnd } from './job-end.ts';
import { readWorkerMetadata } from './worker-metadata.ts';

/** The end of a job, for what follows from it. */
export function endOf(
  job: Pick<Job, 'id' | 'name' | 'data' | 'timestamp'>,
  payload: object,
  how: { readonly result: unknown } | { readonly error: MediaError },
): JobEnd {
  const request = readWorkerMetadata(job.data).request ?? String(job.timestamp);
  const common = { type: job.name, jobId: String(job.id), request, payload };
  if ('result' in how) return { ...common, outcome: 'completed', result: how.result };
  const { code, message, forUser } = how.error;
  return { ...common, outcome: code === 'canceled' ? 'canceled' : 'failed', error: { code, message, forUser } };
}
