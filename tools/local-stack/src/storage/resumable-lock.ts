/**
 * One request at a time per resumable upload. A HEAD or PATCH that arrives while a PATCH is running makes it end early
 * (measured on the Storage server 1.11.2), so that a client can resume after a connection that died unnoticed by the
 * server. The library's own memory lock polls while it waits; this one is notified.
 */
import { startDeadline } from '@supabase-media/core/deadline';
import { ERRORS, type Lock, type Locker, type RequestRelease } from '@tus/server';

const ACQUIRE_TIMEOUT_MS = 30_000;

interface Holder {
  readonly askToLeave: RequestRelease;
  readonly waiting: Array<() => void>;
}

export class ResumableLocker implements Locker {
  readonly #holders = new Map<string, Holder>();

  newLock(id: string): Lock {
    return {
      lock: (signal, askToLeave) => this.#acquire(id, signal, askToLeave),
      unlock: async () => this.#release(id),
    };
  }

  async #acquire(id: string, signal: AbortSignal, askToLeave: RequestRelease): Promise<void> {
    const { signal: giveUp, clear } = startDeadline(ACQUIRE_TIMEOUT_MS, signal);
    for (let holder = this.#holders.get(id); holder; holder = this.#holders.get(id)) {
      const { waiting } = holder;
      const left = new Promise<void>((resolve, reject) => {
        waiting.push(resolve);
        giveUp.addEventListener('abort', () => reject(ERRORS.ERR_LOCK_TIMEOUT), { once: true });
      });
      await holder.askToLeave();
      await left;
    }
    clear();
    if (giveUp.aborted) throw ERRORS.ERR_LOCK_TIMEOUT;
    this.#holders.set(id, { askToLeave, waiting: [] });
  }

  #release(id: string): void {
    const holder = this.#holders.get(id);
    this.#holders.delete(id);
    for (const wake of holder?.waiting ?? []) wake();
  }
}
