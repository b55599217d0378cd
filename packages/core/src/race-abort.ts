/** Makes a wait abortable whose work does not accept a signal. */

/**
 * Waits for `work`, or until the signal aborts. The work itself continues, and its late result is ignored.
 *
 * @throws the signal's reason; else whatever `work` throws.
 */
export async function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => {});
  signal.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
