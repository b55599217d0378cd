/** Stopping what was started. */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What was started, in the order in which it was started; stopping runs the other way round. Start-up pushes a closer
 * right after each step, so a failure at any line can stop exactly what is already there.
 */
export class Closers {
  readonly #closers: Array<() => Promise<void> | void> = [];
  #closing: Promise<void> | undefined;

  add(close: () => Promise<void> | void): void {
    this.#closers.push(close);
  }

  /** As `add`, for what may wait for others for ever: after `limitMs` the closing goes on without it. */
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
