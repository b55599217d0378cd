/**
 * The loop around the attempts at sending one file. `decideNextStep` says what follows a failure; this does it.
 *
 * What bounds it: the policy's retries in a row without progress, those while Storage is out of order counted apart, fixed numbers
 * of waits for a lock and for the store behind Storage, three uploads that Storage loses. Progress begins the count again,
 * because a file of finite size can progress only so often.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  isRetryable,
  MediaError,
  type OutageRetries,
  type StorageOutage,
  storageOutageOf,
  toMediaError,
} from '@supabase-media/core/errors';
import { abortedError, type RetryNotice } from '@supabase-media/core/retry';
import {
  decideNextStep,
  type Failure,
  type Spends,
  waitBefore,
} from '@supabase-media/upload-protocol/decide-next-step';
import type { Proof } from '@supabase-media/upload-protocol/decide-proof';
import { isFault } from '@supabase-media/upload-protocol/faults';
import { explainSwitch, type Route, type RouteDecision } from '@supabase-media/upload-protocol/route';
import { type ExpectedObject, settleFailure } from './expected-object.ts';
import { actionOf, type UploadAttempt } from './upload-attempt.ts';
import type { ResumableUpload } from './upload-resumable.ts';
import { uploadStream } from './upload-stream.ts';

export interface SendOptions {
  readonly attempt: UploadAttempt;
  readonly expected: ExpectedObject;
  readonly resumable: ResumableUpload;
  readonly decision: RouteDecision;
  /** The caller insists on this route. */
  readonly forced: Route | undefined;
  readonly maxRetries: number;
  /** The same while Storage is out of order; `maxRetries` unless told. */
  readonly outageRetries: OutageRetries | undefined;
  /** Answers in a row that an upload which has not expired is not known. */
  readonly maxAbsences: number | undefined;
  /** The first wait, in milliseconds; a second unless told. */
  readonly retryBaseMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onRetry: ((notice: RetryNotice) => void) | undefined;
  readonly onRoute: (decision: RouteDecision) => void;
  readonly onAttempt: () => void;
  /** Proves what was sent; it retries its own requests. */
  readonly finish: () => Promise<Proof>;
  /** Whether a request of `finish` failed for good; sending the file again would not change that. */
  readonly isQuestionOpen: () => boolean;
}

const SEND: Readonly<Record<Route, (attempt: UploadAttempt, resumable: ResumableUpload) => Promise<void>>> = {
  // Loaded when it is needed: the Supabase client takes 12 MB of memory that large files have no use for.
  direct: async (attempt) => (await import('./upload-direct.ts')).uploadDirect(attempt),
  stream: uploadStream,
  resumable: (attempt, resumable) => resumable.send(attempt),
};

const COUNTS = { locks: 'locksInRow', absences: 'absencesInRow' } as const;

/** Apart from each other: who waited for Storage to come back has not yet waited for it to work. */
const OUTAGE_COUNTS = { away: 'outagesInRow', failing: 'serverErrorsInRow' } as const satisfies Record<
  StorageOutage,
  string
>;

const NO_FAILURES = { failuresInRow: 0, outagesInRow: 0, serverErrorsInRow: 0, locksInRow: 0, absencesInRow: 0 };

type BudgetCount = 'failuresInRow' | (typeof OUTAGE_COUNTS)[StorageOutage];

/** Not offered, or not let through: no reason to leave a route that keeps what arrived for anything less. */
const isRefused = ({ status }: Failure): boolean => status === 405 || status === 501;

/**
 * Sends until Storage has the file and it is verified.
 *
 * @returns the route that ended it, and what proved it.
 * @throws {MediaError} the last failure; `aborted` or the signal's reason when the signal ended it.
 */
export async function sendUntilStored(options: SendOptions): Promise<{ decision: RouteDecision; proof: Proof }> {
  const { attempt, expected, resumable, forced, signal } = options;
  let { decision } = options;
  const counts = { ...NO_FAILURES, newUploads: 0 };
  let furthest = 0;
  /** Whether resumable uploads were refused altogether. */
  let isTusRefused = false;
  /** A smaller request continues the attempt whose larger one was refused. */
  let isSameAttempt = false;

  const send = async (): Promise<void> => {
    try {
      await SEND[decision.route](attempt, resumable);
    } catch (error) {
      const outcome = await settleFailure(expected, error);
      if (outcome === 'stored') return;
      throw outcome === 'taken' && !attempt.upsert ? takenError(attempt) : error;
    }
  };

  const failureOf = (error: MediaError): Failure => {
    const isResumable = decision.route === 'resumable';
    const { httpStatus, retryAfterMs } = error.details;
    return {
      fault: isFault(error.code) ? error.code : isRetryable(error) ? 'passing' : 'final',
      asked: isResumable ? 'append' : 'rest',
      bodyBytes: isResumable ? resumable.bodyBytes : attempt.file.size,
      status: typeof httpStatus === 'number' ? httpStatus : undefined,
      retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : undefined,
      message: error.message,
    };
  };

  /** The count that a failure belongs to, and how far that may go. */
  const budgetOf = (error: MediaError): { row: BudgetCount; most: number } => {
    const outage = storageOutageOf(error);
    return outage === undefined || options.outageRetries === undefined
      ? { row: 'failuresInRow', most: options.maxRetries }
      : { row: OUTAGE_COUNTS[outage], most: options.outageRetries[outage] };
  };

  const wait = async (notice: Omit<RetryNotice, 'waitMs'>, spends: Spends): Promise<void> => {
    const failures = ++counts[spends === 'budget' ? budgetOf(notice.error).row : COUNTS[spends]];
    const { retryAfterMs } = failureOf(notice.error);
    const random = Math.random();
    const waitMs = Math.round(waitBefore({ spends, failures, random, retryAfterMs, baseMs: options.retryBaseMs }));
    options.onRetry?.({ ...notice, waitMs });
    await sleep(waitMs, undefined, { signal });
  };

  const act = async (error: MediaError, number: number): Promise<void> => {
    if (resumable.furthest > furthest) Object.assign(counts, NO_FAILURES);
    furthest = resumable.furthest;
    const failure = failureOf(error);
    const { row, most } = budgetOf(error);
    const step = decideNextStep(failure, {
      ...counts,
      failuresInRow: counts[row],
      pathWorked: true,
      otherPathOpen: forced === undefined && !isTusRefused && (decision.route !== 'resumable' || isRefused(failure)),
      canShrink: decision.route === 'resumable' && resumable.canShrink,
      hidesAnswers: false,
      canRenewToken: false,
      vanishedBodies: 0,
      renewalsInRow: 0,
      maxRetries: most,
      maxAbsences: options.maxAbsences,
    });
    switch (step.step) {
      case 'retry':
        return wait({ error, attempt: number }, step.spends);
      case 'shrink':
        isSameAttempt = true;
        attempt.onSettled();
        return resumable.shrink(attempt, step.isCertain ? 'body' : 'chunk');
      case 'switch-path':
        isTusRefused = decision.route === 'resumable';
        decision = explainSwitch(decision.route, failure.fault, attempt.file.size);
        options.onRoute(decision);
        if (step.spends !== undefined) await wait({ error, attempt: number }, step.spends);
        return;
      case 'new-upload':
        counts.newUploads++;
        options.onRetry?.({ error, attempt: number, waitMs: 0 });
        return resumable.discard(attempt);
      // There is nothing to renew, and what is in the way was looked at: it is not ours.
      case 'renew-token':
      case 'check-object':
      case 'give-up':
        throw error;
    }
  };

  for (let number = 1; ; number++) {
    if (!isSameAttempt) options.onAttempt();
    isSameAttempt = false;
    try {
      await send();
      return { decision, proof: await options.finish() };
    } catch (thrown) {
      if (signal?.aborted) throw abortedError(signal);
      const error = toMediaError(thrown);
      if (options.isQuestionOpen()) throw error;
      await act(error, number).catch((failed: unknown) => {
        throw signal?.aborted ? abortedError(signal) : failed;
      });
    }
  }
}

const takenError = (attempt: UploadAttempt): MediaError =>
  new MediaError({
    code: 'object_exists',
    message: `${actionOf(attempt)}: another object is there.`,
  });
