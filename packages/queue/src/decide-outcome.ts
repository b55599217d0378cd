/** How a run that did not succeed ends. Pure. */
import { isRetryable, type MediaError } from '@supabase-media/core/errors';
import { PUT_OFF, putOffDelay } from './policy.ts';

/**
 * `returned`: back to the queue without spending an attempt, at once or after a while, which counts as put off or not.
 */
export type FailedEnding =
  | { readonly outcome: 'canceled' | 'failed' | 'retried' }
  | { readonly outcome: 'returned'; readonly isPutOff: boolean; readonly delayMs?: number };

/**
 * Decides it.
 *
 * @param run.error of a stopped run, the reason why it was stopped.
 * @param run.putOffs how often in a row, without progress, the job was put off before.
 * @param run.hasAttempts whether a failed one may be tried again.
 */
export function decideEnding(run: {
  readonly error: MediaError;
  readonly isStopped: boolean;
  readonly putOffs: number;
  readonly hasAttempts: boolean;
}): FailedEnding {
  const { error, isStopped, putOffs } = run;
  if (error.code === 'canceled') return { outcome: 'canceled' };
  if (isStopped && error.code === 'aborted') return { outcome: 'returned', isPutOff: false };
  const most = isStopped ? 0 : (PUT_OFF[error.code] ?? 0);
  if (putOffs < most) return { outcome: 'returned', isPutOff: Number.isFinite(most), delayMs: putOffDelay(putOffs) };
  // A lost job is another worker's: BullMQ takes neither ending from us.
  if (error.code === 'lock_lost') return { outcome: 'retried' };
  return { outcome: isRetryable(error) && run.hasAttempts ? 'retried' : 'failed' };
}
