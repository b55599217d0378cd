/** Stops started parts in reverse order. */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A stack of closers. Start-up adds one right after each step, so that a failure at any line stops exactly what was
 * started.
 */
export class Closers {
  readonly #closers: Array<() => Promise<void> | void> = [];
  #closing: Promise<void> | undefined;

  add(close: () => Promise<void> | void): void {
    this.#closers.push(close);
  }

  /** As `add`, with a time limit: after `limitMs` the other closers run. */
  addBounded(close: () => Promise<void>, limitMs: number): void {
    this.add(async () => {
      const limit = new AbortController();
      const late = sleep(limitMs, undefined, { signal: limit.signal }).catch(() => {});
      await Promise.race([close(), late]).finally(() => limit.abort());
    });
  }

  /**
   * Runs every closer, newest first, also when one fails. Calling it again waits for the same run.
   * @throws AggregateError with every failure, after all closers have run.
   */
  closeAll(): Promise<void> {
    this.#closing ??= this.#run();
    return this.#closing;
  }

  async #run(): Promise<void> {
    const failures: unknown[] = [];
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Some parts of the stack did not stop cleanly.');
  }
}
