/**
 * What an uploader does after a request failed, for the worker as for the browser: `faults.ts` has the reaction to each
 * fault, this file turns it into the next step. Pure; whoever asks does it.
 */
import { backoffDelay } from '@supabase-media/core/backoff';
import type { Asked } from './classify-answer.ts';
import { FAULTS, type Fault } from './faults.ts';
import { HOSTED_CHUNK_BYTES, SINGLE_BELOW_BYTES } from './limits.ts';

/** How one request failed. */
export interface Failure {
  readonly fault: Fault;
  readonly asked: Asked;
  /** Of the body that was being sent, in bytes; 0 for none. */
  readonly bodyBytes: number;
  /** Of the answer; undefined: none came that may be read. */
  readonly status?: number | undefined;
  /** What the server asked for, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** What happened, in one sentence. */
  readonly message: string;
  readonly cause?: unknown;
}

/** How the upload is going. Counts are reset when the server confirms new bytes. */
export interface Situation {
  /** The transport path in use has answered in this upload; a worker always knows an answer from silence. */
  readonly pathWorked: boolean;
  /** There is another path, and it has not failed in this upload. */
  readonly otherPathOpen: boolean;
  /** A smaller body may be sent on this path. */
  readonly canShrink: boolean;
  /** A 413 of a proxy may arrive as a broken connection: a browser may not read an answer without CORS headers. */
  readonly hidesAnswers: boolean;
  /** A fresh token or sign-in can be asked for. */
  readonly canRenewToken: boolean;
  readonly failuresInRow: number;
  /** Bodies that vanished without an answer, while questions for the offset between them were answered. */
  readonly vanishedBodies: number;
  readonly renewalsInRow: number;
  readonly locksInRow: number;
  /** Answers that an upload which has not expired is not known; none unless told. */
  readonly absencesInRow?: number;
  /** Such answers that are waited out; {@link ABSENCES_MAX} unless told, for who has nobody to try again later. */
  readonly maxAbsences?: number | undefined;
  /** Uploads that Storage lost; never reset. */
  readonly newUploads: number;
  /** Further tries in a row without a newly confirmed byte. */
  readonly maxRetries: number;
}

/** What a wait is counted against: `budget`: `maxRetries`; `locks`: {@link LOCKS_MAX}; `absences`: {@link ABSENCES_MAX}. */
export type Spends = 'budget' | 'locks' | 'absences';

export type NextStep =
  | { readonly step: 'give-up' }
  /** Wait, then ask for the offset and continue from there. `forgetPaths`: no path answers, so it is the network. */
  | { readonly step: 'retry'; readonly spends: Spends; readonly forgetPaths?: boolean }
  /** Ask for a token or sign-in that is good again. */
  | { readonly step: 'renew-token' }
  /** Storage has lost the upload: look whether the object is there, else begin again. */
  | { readonly step: 'new-upload' }
  /** Send less in one request. `isCertain`: a server said so; else it is inferred, and says nothing of other requests. */
  | { readonly step: 'shrink'; readonly bodyBytes: number; readonly isCertain: boolean }
  /** `spends`: wait first, as for a retry. */
  | { readonly step: 'switch-path'; readonly spends?: Spends }
  /** The object is there already: look whether it is ours. */
  | { readonly step: 'check-object' };

/** How often a lock is waited for: long enough for one that a proxy holds for a dead connection, 45 s. */
export const LOCKS_MAX = 30;

/** Storage lets a request that was asked to end run on for up to 3 s; in milliseconds. */
export const LOCK_WAIT_MS = 1500;

/** How often a store that is away is waited for: 150 to 190 s in all, as servers and disks take to restart. */
export const ABSENCES_MAX = 14;

/** The longest wait for a store that is away, in milliseconds: the upload goes on soon after it is back. */
export const ABSENCE_WAIT_MAX_MS = 15_000;

/** Uploads that Storage may lose; more mean that it keeps none. */
export const NEW_UPLOADS_MAX = 3;

/** So many bodies that vanish one after the other are taken for refused by a gateway. */
const BODIES_BEFORE_SHRINK = 2;

/** After so many failures in a row on a path that has worked, the other one is tried. */
const FAILURES_BEFORE_SWITCH = 3;

const GIVE_UP: NextStep = { step: 'give-up' };

export function decideNextStep(failure: Failure, situation: Situation): NextStep {
  switch (FAULTS[failure.fault]) {
    case 'give-up':
      if (isRefusedBody(failure) && situation.canShrink)
        return { step: 'shrink', bodyBytes: failure.bodyBytes, isCertain: false };
      // Resumable uploads are not offered here; the other path may offer them.
      return isMissing(failure) && situation.otherPathOpen ? { step: 'switch-path' } : GIVE_UP;
    case 'retry':
      return retry(situation);
    case 'break':
      return decideBreak(failure, situation);
    case 'lock':
      return situation.locksInRow < LOCKS_MAX ? { step: 'retry', spends: 'locks' } : GIVE_UP;
    case 'absence':
      return (situation.absencesInRow ?? 0) < (situation.maxAbsences ?? ABSENCES_MAX)
        ? { step: 'retry', spends: 'absences' }
        : GIVE_UP;
    case 'shrink':
      if (situation.canShrink) return { step: 'shrink', bodyBytes: failure.bodyBytes, isCertain: true };
      return situation.otherPathOpen ? { step: 'switch-path' } : GIVE_UP;
    case 'new-upload':
      return situation.newUploads < NEW_UPLOADS_MAX ? { step: 'new-upload' } : GIVE_UP;
    case 'renew-token':
      // A token that ran out and one that never was good look the same; a fresh one tells them apart.
      return situation.canRenewToken && situation.renewalsInRow === 0 ? { step: 'renew-token' } : GIVE_UP;
    case 'check-object':
      return { step: 'check-object' };
  }
}

const isMissing = ({ fault, status }: Failure): boolean =>
  fault === 'storage_refused' && (status === 405 || status === 501);

/**
 * The upload was created for the whole size, so what Storage refuses about a large part of it may be the size of the part.
 * Every Storage takes {@link HOSTED_CHUNK_BYTES}: then it is something else.
 */
const isRefusedBody = ({ fault, asked, bodyBytes, status }: Failure): boolean =>
  asked === 'append' &&
  bodyBytes > HOSTED_CHUNK_BYTES &&
  ((fault === 'storage_refused' && status === 400) || fault === 'object_too_large');

function decideBreak(failure: Failure, situation: Situation): NextStep {
  const { bodyBytes, asked, status } = failure;
  const { otherPathOpen } = situation;
  // A single request of a large file keeps nothing of what arrived; a resumable one does.
  if (asked === 'rest' && bodyBytes > SINGLE_BELOW_BYTES && otherPathOpen)
    return hasBudget(situation) ? { step: 'switch-path', spends: 'budget' } : GIVE_UP;
  if (status !== undefined) return retry(situation);
  if (!situation.pathWorked) return otherPathOpen ? { step: 'switch-path' } : retry(situation, true);
  const vanished = situation.vanishedBodies + (bodyBytes > 0 ? 1 : 0);
  const isHiddenRefusal = situation.hidesAnswers && failure.fault === 'upload_interrupted' && bodyBytes > 0;
  if (isHiddenRefusal && vanished >= BODIES_BEFORE_SHRINK && situation.canShrink)
    return { step: 'shrink', bodyBytes, isCertain: false };
  const failures = Math.max(vanished, situation.failuresInRow + 1);
  if (failures >= FAILURES_BEFORE_SWITCH && otherPathOpen) return { step: 'switch-path' };
  return retry(situation);
}

const hasBudget = ({ failuresInRow, maxRetries }: Situation): boolean => failuresInRow < maxRetries;

const retry = (situation: Situation, forgetPaths = false): NextStep =>
  hasBudget(situation) ? { step: 'retry', spends: 'budget', ...(forgetPaths && { forgetPaths }) } : GIVE_UP;

/**
 * How long to wait before a step that waits. A lock is let go within seconds or never, so its wait does not grow.
 *
 * @param options.failures in a row, this one included.
 * @param options.random from 0 up to 1.
 * @param options.baseMs the first wait; a second unless told.
 * @returns milliseconds.
 */
export function waitBefore(options: {
  readonly spends: Spends;
  readonly failures: number;
  readonly random: number;
  readonly retryAfterMs?: number | undefined;
  readonly baseMs?: number | undefined;
}): number {
  const { spends, failures, random, retryAfterMs, baseMs = 1000 } = options;
  if (spends === 'budget') return backoffDelay({ attempt: failures, random, retryAfterMs, baseMs });
  if (spends === 'absences')
    return backoffDelay({ attempt: failures, random, retryAfterMs, baseMs, maxMs: ABSENCE_WAIT_MAX_MS });
  return backoffDelay({ attempt: 1, random, retryAfterMs, baseMs: LOCK_WAIT_MS * (baseMs / 1000) });
}
