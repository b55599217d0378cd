/** Sends by XMLHttpRequest: in browsers the only way that tells how much of a body has left. */
import { type Transport, type TransportAnswer, TransportError } from './transport.ts';

export const sendByXhr: Transport = (request) =>
  new Promise<TransportAnswer>((resolve, reject) => {
    const { signal } = request;
    if (signal.aborted) return reject(signal.reason);
    const xhr = new XMLHttpRequest();
    const stop = () => {
      xhr.abort();
      reject(signal.reason);
    };
    signal.addEventListener('abort', stop, { once: true });
    xhr.onloadend = () => signal.removeEventListener('abort', stop);
    xhr.onload = () =>
      resolve({ status: xhr.status, header: (name) => xhr.getResponseHeader(name), body: xhr.responseText });
    xhr.onerror = () => reject(new TransportError('network', `${request.method} got no answer that may be read.`));
    if (request.body !== undefined) {
      xhr.upload.onprogress = ({ loaded }) => request.onSent?.(loaded);
      const { size } = request.body;
      xhr.upload.onload = () => request.onSent?.(size);
    }
    xhr.open(request.method, request.url);
    for (const [name, value] of Object.entries(request.headers)) xhr.setRequestHeader(name, value);
    xhr.send(request.body ?? null);
  });

/** @throws {Error} where there is no XMLHttpRequest and no transport was given. */
export function defaultTransport(): Transport {
  if (typeof globalThis.XMLHttpRequest === 'function') return sendByXhr;
  throw new Error(
    'There is no XMLHttpRequest here: give createUploader a transport (see @supabase-media/web/client/node).',
  );
}
