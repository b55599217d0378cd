/** What to do after an attempt at sending failed. Pure; the loop that does it is `transfer.ts`. */
import { errorOfApi } from './api-errors.ts';
import type { Failure } from './failure.ts';
import type { TransportPath } from './path-cache.ts';
import { UploadError, type UploadErrorCode } from './upload-error.ts';

export type NextStep =
  | { readonly step: 'fail'; readonly error: UploadError }
  /** Wait, and go on where the server stands. `counts`: against the budget of tries without progress. */
  | {
      readonly step: 'retry';
      readonly counts: boolean;
      readonly retryAfterMs?: number | undefined;
      readonly error: UploadError;
      /** Neither way answers: so it is the network, and says nothing about the ways. */
      readonly forgetPaths?: boolean;
    }
  /** Ask the API for a token, or the app for a sign-in, that is still good. */
  | { readonly step: 'refresh' }
  /** Storage has lost the upload: begin it anew in the same session. */
  | { readonly step: 'new-upload' }
  /** Send less in one request; when that is not possible, take the other way, then give up. */
  | { readonly step: 'smaller'; readonly bodyBytes: number; readonly error: UploadError; readonly isCertain: boolean }
  | { readonly step: 'other-way'; readonly error: UploadError }
  /** Storage says that the object is there already: an answer was lost. Let the API prove it. */
  | { readonly step: 'complete' };

/** Where the upload stands. Counts begin anew when the server confirms new bytes. */
export interface Situation {
  readonly way: TransportPath;
  /** A request has succeeded on this way in this upload. */
  readonly wayWorked: boolean;
  /** The other way has not failed in this upload. */
  readonly otherWayOpen: boolean;
  /** A smaller body may be tried on this way. */
  readonly canShrink: boolean;
  readonly failuresInRow: number;
  /** Bodies that vanished without an answer, while questions for the offset between them were answered. */
  readonly vanishedBodies: number;
  readonly refreshesInRow: number;
  readonly locksInRow: number;
  readonly newUploads: number;
  readonly maxRetries: number;
}

/** A lock is waited for so often; Storage lets a request that was asked to leave go on for 3 s. */
const LOCKS_MAX = 20;

/** Milliseconds. */
const LOCK_WAIT_MS = 1500;

/** Uploads that Storage lost; more mean that it keeps none. */
const NEW_UPLOADS_MAX = 3;

/** So many bodies that vanish one after the other are taken for refused by a gateway. */
const BODIES_BEFORE_SMALLER = 2;

/** After so many failures in a row on a way that has worked, the other one is tried. */
const FAILURES_BEFORE_OTHER_WAY = 3;

/** How Storage speaks of tokens that ran out or are not its own. */
const TOKEN_WORDS = /jws|jwt|signature|token|exp\b/i;

export function decideNextStep(failure: Failure, situation: Situation): NextStep {
  switch (failure.kind) {
    case 'refusal':
      return decideRefusal(failure.error, situation);
    case 'distrust':
      return newUpload(situation, failure.message);
    case 'network':
    case 'timeout':
      return decideSilence(failure, situation);
    case 'answer':
      return decideAnswer(failure, situation);
  }
}

function decideRefusal(error: UploadError, situation: Situation): NextStep {
  // What the client asks of the API on the direct way was asked with a fresh sign-in already.
  if (error.code === 'signed_out' && situation.way === 'relay' && situation.refreshesInRow === 0)
    return { step: 'refresh' };
  if (error.retryBy === 'client') return again(error, situation, { retryAfterMs: error.retryAfterMs });
  return { step: 'fail', error };
}

function decideSilence(failure: Extract<Failure, { kind: 'network' | 'timeout' }>, situation: Situation): NextStep {
  const error = new UploadError({ code: failure.kind === 'timeout' ? 'timed_out' : 'offline', cause: failure.cause });
  if (!situation.wayWorked) {
    if (situation.otherWayOpen) return { step: 'other-way', error };
    return again(error, situation, { forgetPaths: true });
  }
  // A browser may not read what a gateway answers without CORS headers: a refused body looks like a broken connection.
  const vanished = situation.vanishedBodies + (failure.bodyBytes > 0 ? 1 : 0);
  if (failure.bodyBytes > 0 && vanished >= BODIES_BEFORE_SMALLER && failure.kind === 'network' && situation.canShrink)
    return { step: 'smaller', bodyBytes: failure.bodyBytes, error, isCertain: false };
  const failures = Math.max(vanished, situation.failuresInRow + 1);
  if (failures >= FAILURES_BEFORE_OTHER_WAY && situation.otherWayOpen) return { step: 'other-way', error };
  return again(error, situation);
}

function decideAnswer(failure: Extract<Failure, { kind: 'answer' }>, situation: Situation): NextStep {
  const { said, asked, retryAfterMs } = failure;
  const status = said.status ?? failure.status;
  const because = new UploadError({
    code: 'failed',
    message: `The server answered ${failure.status}${said.message === '' ? '' : `: ${said.message}`}.`,
    details: { httpStatus: failure.status, code: said.code },
    retryAfterMs,
  });
  if (said.isApi && said.code !== undefined) return decideApi(failure, said.code, situation);
  if (/already exists/i.test(said.message)) return { step: 'complete' };
  switch (status) {
    case 401:
    case 403:
      // A token that ran out and one that never was good look the same; a fresh one tells them apart.
      return situation.refreshesInRow === 0 ? { step: 'refresh' } : fail('not_allowed', because);
    case 400:
      // Storage answers bad tokens so, and a HEAD brings no words that would tell.
      return situation.refreshesInRow === 0 && (asked === 'offset' || TOKEN_WORDS.test(`${said.code} ${said.message}`))
        ? { step: 'refresh' }
        : fail('failed', because);
    case 404:
    case 410:
      return asked === 'create' || asked === 'put' ? fail('failed', because) : newUpload(situation, because.message);
    case 405:
    case 501:
      return situation.otherWayOpen ? { step: 'other-way', error: because } : fail('failed', because);
    case 409:
      return asked === 'append' ? again(because, situation) : fail('failed', because);
    case 413:
      return decideTooLarge(failure, because);
    case 415:
      return fail('wrong_type', because);
    case 423:
      return situation.locksInRow < LOCKS_MAX
        ? { step: 'retry', counts: false, retryAfterMs: LOCK_WAIT_MS, error: because }
        : fail('server_busy', because);
    case 429:
    case 503:
      return again(new UploadError({ code: 'server_busy', cause: because }), situation, { retryAfterMs });
    default:
      return status >= 500 || status === 408 || status === 425
        ? again(new UploadError({ code: 'server_busy', cause: because }), situation, { retryAfterMs })
        : fail('failed', because);
  }
}

/** Storage refuses the size when an upload is made; a body that is refused later was refused by a gateway. */
function decideTooLarge(failure: Extract<Failure, { kind: 'answer' }>, because: UploadError): NextStep {
  const isStorage = failure.said.code === 'EntityTooLarge' || /maximum (allowed )?size/i.test(failure.said.message);
  if (isStorage || failure.asked === 'create') return fail('too_large', because);
  const error = new UploadError({ code: 'gateway_limit', cause: because });
  return { step: 'smaller', bodyBytes: failure.bodyBytes, error, isCertain: true };
}

/** The relay answers in the API's own form. */
function decideApi(failure: Extract<Failure, { kind: 'answer' }>, code: string, situation: Situation): NextStep {
  const error = errorOfApi({ code, message: failure.said.message, retryAfterMs: failure.retryAfterMs });
  if (failure.status === 413 && failure.asked === 'append')
    return { step: 'smaller', bodyBytes: failure.bodyBytes, error, isCertain: true };
  if (code === 'relay_refused' && failure.asked === 'append') return again(error, situation);
  // A relay that is full is not one that failed: it is waited for as a lock is.
  if (code === 'relay_busy' && situation.locksInRow < LOCKS_MAX)
    return { step: 'retry', counts: false, retryAfterMs: failure.retryAfterMs ?? LOCK_WAIT_MS, error };
  return decideRefusal(error, situation);
}

function newUpload(situation: Situation, message: string): NextStep {
  if (situation.newUploads < NEW_UPLOADS_MAX) return { step: 'new-upload' };
  return { step: 'fail', error: new UploadError({ code: 'failed', message }) };
}

function again(
  error: UploadError,
  situation: Situation,
  more: { readonly retryAfterMs?: number | undefined; readonly forgetPaths?: boolean } = {},
): NextStep {
  if (situation.failuresInRow < situation.maxRetries) return { step: 'retry', counts: true, error, ...more };
  return { step: 'fail', error };
}

/** The server's words stay readable as the cause; the person gets the table's. */
const fail = (code: UploadErrorCode, because: UploadError): NextStep => ({
  step: 'fail',
  error: code === 'failed' ? because : new UploadError({ code, cause: because, details: because.details }),
});
