/** Sends by XMLHttpRequest: the only API of browsers that tells how much of a body was sent. */
import { type Transport, type TransportAnswer, TransportError, type TransportRequest } from './transport.ts';

export const sendByXhr: Transport = (request) =>
  new Promise<TransportAnswer>((resolve, reject) => {
    const { signal } = request;
    if (signal.aborted) return reject(signal.reason);
    const xhr = new XMLHttpRequest();
    const stop = () => {
      xhr.abort();
      reject(signal.reason);
    };
    const leave = () => signal.removeEventListener('abort', stop);
    signal.addEventListener('abort', stop, { once: true });
    xhr.onload = () => {
      leave();
      resolve({ status: xhr.status, header: (name) => xhr.getResponseHeader(name), body: xhr.responseText });
    };
    xhr.onerror = () => void whatBroke(request).then(reject).finally(leave);
    if (request.body !== undefined) {
      xhr.upload.onprogress = ({ loaded }) => request.onSent?.(loaded);
      const { size } = request.body;
      xhr.upload.onload = () => request.onSent?.(size);
    }
    xhr.open(request.method, request.url);
    for (const [name, value] of Object.entries(request.headers)) xhr.setRequestHeader(name, value);
    xhr.send(request.body ?? null);
  });

/** A file that was changed, moved or unplugged ends a request with the same event as a network that breaks. */
async function whatBroke({ method, body }: TransportRequest): Promise<TransportError> {
  try {
    await body?.slice(0, 1).arrayBuffer();
  } catch (cause) {
    return new TransportError('unreadable', 'The file cannot be read.', { cause });
  }
  return new TransportError('network', `${method} got no answer that may be read.`);
}

/** @throws {Error} where there is no XMLHttpRequest, such as in Node. */
export function requireXhr(): void {
  if (typeof globalThis.XMLHttpRequest === 'function') return;
  throw new Error(
    'There is no XMLHttpRequest here: give createUploader a transport (@supabase-media/uploader/node/http-transport).',
  );
}
