/** What a receiver's answer means. Pure. */
import { parseRetryAfter } from '@supabase-media/core/backoff';
import type { MediaError } from '@supabase-media/core/errors';
import { SCHEDULED_RETRY_AFTER_MAX_MS } from '@supabase-media/queue/policy';
import { webhookError } from './errors.ts';

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

/**
 * Answers that the same request would get again: it is malformed to the receiver (400, 411, 415, 422), too large (413,
 * 414, 431), of a method that is not there (405, 501), or the receiver is gone (410). 401, 403 and 404 are what a
 * receiver says while it is being set up, so they are tried again.
 */
const PERMANENT: ReadonlySet<number> = new Set([400, 405, 410, 411, 413, 414, 415, 422, 431, 501]);

/** @returns undefined for 2xx: it is delivered. */
export function judgeAnswer(
  { status, retryAfter }: Answer,
  { origin, now }: { readonly origin: string; readonly now: number },
): MediaError | undefined {
  if (status >= 200 && status < 300) return undefined;
  const note = status >= 300 && status < 400 ? '; redirects are not followed' : '';
  return webhookError({
    code: PERMANENT.has(status) ? 'webhook_refused' : 'webhook_failed',
    message: `${origin} answered ${status}${note}.`,
    details: { httpStatus: status, retryAfterMs: parseRetryAfter(retryAfter, now, SCHEDULED_RETRY_AFTER_MAX_MS) },
  });
}
