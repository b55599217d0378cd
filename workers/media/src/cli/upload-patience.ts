/**
 * How long `media upload` waits for a Storage that is away, and what it says when it ends before the file is stored. A
 * worker defers such a job; a command has nobody to defer to, so it asks again itself, for as long.
 */
import { isRetryable, MediaError, type OutageRetries } from '@supabase-media/core/errors';
import { formatBytes, formatSeconds } from '@supabase-media/core/format';
import { deferralDelay, LONG_OUTAGE, SHORT_OUTAGE } from '@supabase-media/queue/policy';
import type { ResumeStore, UploadKey } from '@supabase-media/storage/resume-store';

/** The longest wait between two requests, in milliseconds (`backoffDelay`). */
const LONGEST_WAIT_MS = 30_000;

/** As many requests as fit into the time in which a worker would have deferred a job so often. */
const retriesWithin = (deferrals: number): number =>
  Math.ceil(
    Array.from({ length: deferrals }, (_, times) => deferralDelay(times)).reduce((sum, ms) => sum + ms, 0) /
      LONGEST_WAIT_MS,
  );

/** Some 16 h for a Storage that is away; an hour for one that fails, since that may not be mended by waiting. */
export const OUTAGE_RETRIES: OutageRetries = {
  away: retriesWithin(LONG_OUTAGE),
  failing: retriesWithin(SHORT_OUTAGE),
};

/** Shows how long Storage has been waited for. */
export interface WaitClock {
  readonly begin: () => void;
  readonly end: () => void;
}

/** Tells `show` each second "waiting for Storage, 12 s", from the beginning of a wait to its end. */
export function createWaitClock(show: (text: string) => void): WaitClock {
  let timer: NodeJS.Timeout | undefined;
  let since = 0;
  const tell = () => show(`waiting for Storage, ${formatSeconds(Math.round((performance.now() - since) / 1000))}`);
  return {
    begin: () => {
      if (timer !== undefined) return;
      since = performance.now();
      timer = setInterval(tell, 1000);
      tell();
    },
    end: () => {
      clearInterval(timer);
      timer = undefined;
    },
  };
}

/**
 * The error of an upload that the same command can go on with, with that as its hint; any other is returned as it is.
 *
 * @param options.position the last place in the file that was sent, in bytes: Storage may have less of it than that.
 */
export async function explainResumption(
  error: unknown,
  options: { readonly store: ResumeStore; readonly key: UploadKey; readonly position: number },
): Promise<unknown> {
  if (!(error instanceof MediaError) || !(isRetryable(error) || error.code === 'aborted')) return error;
  const entry = await options.store.load(options.key);
  const { position } = options;
  const where =
    entry === undefined
      ? 'it sends the file from its beginning'
      : position > entry.acknowledged
        ? `it continues at about ${formatBytes(position)}`
        : `it continues at ${formatBytes(entry.acknowledged)}`;
  const { code, message, details } = error;
  return new MediaError({ code, message, details, hint: `Run the same command again: ${where}.`, cause: error });
}
