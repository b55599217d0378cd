/** What a pause closes and a resumption opens. */
import { UploadError } from './upload-error.ts';

/** Open or closed; closing it aborts a signal, opening it releases those who wait. */
export function createPauseController(signal: AbortSignal) {
  let closing = new AbortController();
  let open: (() => void) | undefined;
  let opened: Promise<void> | undefined;
  return {
    closing: () => closing.signal,
    close: () => {
      closing.abort(new UploadError({ code: 'stopped', message: 'The upload is paused.' }));
      opened ??= new Promise((resolve, reject) => {
        open = resolve;
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
      opened.catch(() => {});
    },
    open: () => {
      if (opened === undefined) return;
      closing = new AbortController();
      opened = undefined;
      open?.();
    },
    opened: async () => {
      signal.throwIfAborted();
      await opened;
    },
  };
}
