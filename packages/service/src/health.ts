/** Readiness of a process: all parts are checked concurrently, with a timeout, and the result is cached. */

import { startDeadline } from '@supabase-media/core/deadline';
import { toMediaError } from '@supabase-media/core/errors';

/** Resolves if the part works, rejects if it does not. */
export type HealthCheck = (signal: AbortSignal) => Promise<void>;

/** The result for one part. */
export interface PartHealth {
  readonly ok: boolean;
  readonly ms: number;
  /** The error code. The message only goes to the log, because the endpoint may be public. */
  readonly code?: string;
}

export interface ReadinessReport {
  readonly status: 'ready' | 'not_ready' | 'stopping';
  readonly parts: Readonly<Record<string, PartHealth>>;
}

export interface Readiness {
  readonly read: () => Promise<ReadinessReport>;
  readonly drain: () => void;
  /** Aborts running checks. */
  readonly stop: () => void;
}

/** Kubernetes' probes wait 1 s by default and 5 s in deploy/kubernetes. */
const PART_TIMEOUT_MS = 4000;

/** Several probes and load balancers ask; the parts are checked at most once in this time. */
const CACHE_MS = 5000;

async function ask(check: HealthCheck, stopped: AbortSignal): Promise<PartHealth> {
  const started = performance.now();
  const { signal: ended, clear } = startDeadline(PART_TIMEOUT_MS, stopped);
  const tooLate = new Promise<never>((_, reject) => {
    ended.addEventListener('abort', () => reject(new Error('no response in time')), { once: true });
  });
  const took = () => Math.round(performance.now() - started);
  try {
    await Promise.race([check(ended), tooLate]);
    return { ok: true, ms: took() };
  } catch (error) {
    return { ok: false, ms: took(), code: ended.aborted ? 'timeout' : toMediaError(error).code };
  } finally {
    clear();
  }
}

/** Checks all parts when it is read, at most every five seconds. */
export function watchReadiness(checks: Readonly<Record<string, HealthCheck>>): Readiness {
  const stopped = new AbortController();
  let isDraining = false;
  let last: { readonly at: number; readonly parts: Promise<ReadinessReport['parts']> } | undefined;

  const askAll = async (): Promise<ReadinessReport['parts']> => {
    const entries = Object.entries(checks).map(
      async ([name, check]) => [name, await ask(check, stopped.signal)] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  };
  return {
    read: async () => {
      if (last === undefined || performance.now() - last.at > CACHE_MS)
        last = { at: performance.now(), parts: askAll() };
      const parts = await last.parts;
      const isReady = Object.values(parts).every(({ ok }) => ok);
      return { status: isDraining ? 'stopping' : isReady ? 'ready' : 'not_ready', parts };
    },
    drain: () => {
      isDraining = true;
    },
    stop: () => stopped.abort(),
  };
}
