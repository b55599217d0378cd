/** Looks for requests every few seconds, until the signal aborts. */
import { setTimeout as sleep } from 'node:timers/promises';
import { toMediaError } from '@supabase-media/core/errors';
import { dispatchRequests, type RequestServices } from './dispatch-requests.ts';

/** After a failure nobody looks for so long, in milliseconds: the database or the queue is away. */
const AFTER_FAILURE_MS = 10_000;

export interface KeepDispatchingOptions extends RequestServices {
  /** How often it looks, in milliseconds; less regular than that, so that workers do not look together. */
  readonly everyMs: number;
}

/** Never throws: what cannot be done now is done later. */
export async function keepDispatching(options: KeepDispatchingOptions, signal: AbortSignal): Promise<void> {
  const { everyMs, log } = options;
  let told = '';
  while (!signal.aborted) {
    let waitMs = everyMs * (0.5 + Math.random());
    try {
      await dispatchRequests(options, signal);
      told = '';
    } catch (err) {
      const { code, message } = toMediaError(err);
      // Said once for each cause: migrations that were not applied are not news every ten seconds.
      if (!signal.aborted && code !== told)
        log.warn({ event: 'request.look_failed', code, err }, `Videos that wait cannot be queued now: ${message}`);
      told = code;
      waitMs = Math.max(waitMs, AFTER_FAILURE_MS);
    }
    await sleep(waitMs, undefined, { signal }).catch(() => {});
  }
}
