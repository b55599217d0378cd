/**
 * How long `media upload` waits for a Storage that is out of order, and what it says when it ends before the file is
 * stored. A worker defers such a job; a command has nobody to defer to, so it asks again itself.
 */

import { waitsWithin } from '@supabase-media/core/backoff';
import { isRetryable, MediaError, storageOutageOf } from '@supabase-media/core/errors';
import { formatBytes, formatSeconds } from '@supabase-media/core/format';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { isStorageHealthy } from '@supabase-media/storage/reach';
import type { ResumeStore, UploadKey } from '@supabase-media/storage/resume-store';
import type { UploadPolicy } from '@supabase-media/storage/uploader';
import { ABSENCE_WAIT_MAX_MS } from '@supabase-media/upload-protocol/decide-next-step';

/**
 * While Storage does not answer, in milliseconds: 16 h, as long as a worker defers a job for it. Nothing that was asked is
 * at fault, the wait is shown, and stopping loses nothing.
 */
const AWAY_MS = 16 * 3_600_000;

/**
 * While it answers with a 5xx of its own, in milliseconds: a disk or an S3 server that restarts is back by then. A worker
 * tries for an hour; somebody who looks on should be told that it may be this very request.
 */
const FAILING_MS = 5 * 60_000;

/**
 * The waits without progress, as the uploader counts them.
 *
 * @param waitMs instead of the two limits of this file, in milliseconds.
 */
export function patienceOf(waitMs: number | undefined): Required<Pick<UploadPolicy, 'outageRetries' | 'maxAbsences'>> {
  const awayMs = waitMs ?? AWAY_MS;
  return {
    outageRetries: { away: waitsWithin(awayMs), failing: waitsWithin(waitMs ?? FAILING_MS) },
    maxAbsences: waitsWithin(awayMs, { maxMs: ABSENCE_WAIT_MAX_MS }),
  };
}

/** Whole seconds, as they pass. */
function formatWait(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return seconds < 60 ? `${seconds} s` : formatSeconds(seconds);
}

/** Shows how long Storage has been waited for. */
export interface WaitClock {
  readonly begin: () => void;
  readonly end: () => void;
}

/** Tells `show` each second "waiting for Storage, 12 s", from the beginning of a wait to its end. */
export function createWaitClock(show: (text: string) => void): WaitClock {
  let timer: NodeJS.Timeout | undefined;
  let since = 0;
  const tell = () => show(`waiting for Storage, ${formatWait(performance.now() - since)}`);
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

export interface ExplainResumptionOptions {
  readonly connection: StorageConnection;
  readonly store: ResumeStore;
  readonly key: UploadKey;
  /** The last place in the file that was sent, in bytes: Storage may have less of it than that. */
  readonly position: number;
}

/**
 * The error of an upload that the same command can go on with, with that in its hint; any other is returned as it is. Of
 * a Storage that answered with its own 5xx until the end, it says whether that is all that it answers.
 */
export async function explainResumption(error: unknown, options: ExplainResumptionOptions): Promise<unknown> {
  if (!(error instanceof MediaError) || !(isRetryable(error) || error.code === 'aborted')) return error;
  const entry = await options.store.load(options.key);
  const { position } = options;
  const where =
    entry === undefined
      ? 'it sends the file from its beginning'
      : position > entry.acknowledged
        ? `it continues at about ${formatBytes(position)}`
        : `it continues at ${formatBytes(entry.acknowledged)}`;
  const { code, details } = error;
  const again = `Run the same command again: ${where}.`;
  if (storageOutageOf(error) !== 'failing')
    return new MediaError({ code, message: error.message, details, hint: again, cause: error });
  const isHealthy = await isStorageHealthy(options.connection);
  const message = `${error.message} ${isHealthy ? 'It says that it is healthy' : 'Nor does it say that it is healthy'}.`;
  const look = isHealthy
    ? "What fails is this request, or the disk or S3 server behind it: Storage's log says which."
    : 'Storage is out of order: look whether it and its database run.';
  return new MediaError({ code, message, details, hint: `${look} ${again}`, cause: error });
}
