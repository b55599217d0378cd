/** What stays on disk when a run of a job has failed. Pure. */
import { isRetryable, MediaError } from '@supabase-media/core/errors';

/**
 * The next run goes on with what stands there; what no run will need goes at once, and so does everything when the disk
 * is full, or when another worker has the job.
 */
export function cleanupPolicy(error: MediaError, signal: AbortSignal): 'job' | 'nothing' {
  const why = signal.aborted && signal.reason instanceof MediaError ? signal.reason.code : error.code;
  if (why === 'lock_lost') return 'nothing';
  if (why === 'aborted') return 'job';
  return isRetryable(error) && error.code !== 'disk_full' ? 'job' : 'nothing';
}
