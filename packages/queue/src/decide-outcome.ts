/** How a run that did not succeed ends. Pure. */
import { isRetryable, type MediaError } from '@supabase-media/core/errors';
import { DEFERRAL_LIMITS, type DeferralLimits, deferralDelay } from './policy.ts';

/**
 * `returned`: back to the queue without spending an attempt, at once or after a while, which counts as a deferral or not.
 */
export type FailedOutcome =
  | { readonly outcome: 'canceled' | 'failed' | 'retried' }
  | { readonly outcome: 'returned'; readonly isDeferred: boolean; readonly delayMs?: number };

/**
 * Decides it.
 *
 * @param run.error of a stopped run, the reason why it was stopped.
 * @param run.deferrals how often in a row, without progress, the job was deferred before.
 * @param run.deferralLimits of the job's type, over the common ones.
 * @param run.hasAttempts whether a failed one may be tried again.
 */
export function decideOutcome(run: {
  readonly error: MediaError;
  readonly isStopped: boolean;
  readonly deferrals: number;
  readonly deferralLimits?: DeferralLimits | undefined;
  readonly hasAttempts: boolean;
}): FailedOutcome {
  const { error, isStopped, deferrals } = run;
  if (error.code === 'canceled') return { outcome: 'canceled' };
  if (isStopped && error.code === 'aborted') return { outcome: 'returned', isDeferred: false };
  const most = isStopped ? 0 : ({ ...DEFERRAL_LIMITS, ...run.deferralLimits }[error.code] ?? 0);
  if (deferrals < most)
    return { outcome: 'returned', isDeferred: Number.isFinite(most), delayMs: deferralDelay(deferrals) };
  // A lost job is another worker's: BullMQ takes neither ending from us.
  if (error.code === 'lock_lost') return { outcome: 'retried' };
  return { outcome: isRetryable(error) && run.hasAttempts ? 'retried' : 'failed' };
}
