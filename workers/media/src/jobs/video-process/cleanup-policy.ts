/** What is kept on disk when a run of a job has failed. Pure. */
import { isRetryable, MediaError } from '@supabase-media/core/errors';

/**
 * The job's files are kept where a next run can resume from them. They are removed where there will be none, when the
 * disk is full, and when another worker has the job.
 */
export function cleanupPolicy(error: MediaError, signal: AbortSignal): 'job' | 'nothing' {
  const why = signal.aborted && signal.reason instanceof MediaError ? signal.reason.code : error.code;
  if (why === 'lock_lost') return 'nothing';
  if (why === 'aborted') return 'job';
  return isRetryable(error) && error.code !== 'disk_full' ? 'job' : 'nothing';
}
