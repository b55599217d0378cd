/** Whether a process can do its work now: each part asked at the same time, within bounds, and not too often. */

import { startDeadline } from '@supabase-media/core/deadline';
import { toMediaError } from '@supabase-media/core/errors';

/** Resolves when the part is well, rejects when it is not. */
export type HealthCheck = (signal: AbortSignal) => Promise<void>;

/** What one part answered. */
export interface PartHealth {
  readonly ok: boolean;
  readonly ms: number;
  /** Of the error; the message stays in the log, where no stranger reads it. */
  readonly code?: string;
}

export interface ReadinessReport {
  readonly status: 'ready' | 'not_ready' | 'stopping';
  readonly parts: Readonly<Record<string, PartHealth>>;
}

export interface Readiness {
  readonly read: () => Promise<ReadinessReport>;
  readonly drain: () => void;
  /** Ends questions that are under way. */
  readonly stop: () => void;
}

/** Kubernetes waits 1 s by default and is told 5 in our manifests. */
const PART_TIMEOUT_MS = 4000;

/** Several probes and load balancers ask; the parts are bothered once in this time. */
const REMEMBER_MS = 5000;

async function ask(check: HealthCheck, stopped: AbortSignal): Promise<PartHealth> {
  const started = performance.now();
  const { signal: ended, clear } = startDeadline(PART_TIMEOUT_MS, stopped);
  const tooLate = new Promise<never>((_, reject) => {
    ended.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true });
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

/** Asks all parts whenever it is read, at most every five seconds. */
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
      if (last === undefined || performance.now() - last.at > REMEMBER_MS)
        last = { at: performance.now(), parts: askAll() };
      const parts = await last.parts;
      const isWell = Object.values(parts).every(({ ok }) => ok);
      return { status: isDraining ? 'stopping' : isWell ? 'ready' : 'not_ready', parts };
    },
    drain: () => {
      isDraining = true;
    },
    stop: () => stopped.abort(),
  };
}
