/** What stays on disk when a run of a job has failed. Pure. */
import { isRetryable, MediaError } from '../errors.ts';

/**
 * The next run goes on with what stands there; what no run will need goes at once, and so does everything when the disk
 * is full. A job that was lost to another worker is that one's, except for our own run.
 */
export function whatToKeep(error: MediaError, signal: AbortSignal): 'job' | 'other runs' | 'nothing' {
  const why = signal.aborted && signal.reason instanceof MediaError ? signal.reason.code : error.code;
  if (why === 'lock_lost') return 'other runs';
  if (why === 'aborted') return 'job';
  return isRetryable(error) && error.code !== 'disk_full' ? 'job' : 'nothing';
}
