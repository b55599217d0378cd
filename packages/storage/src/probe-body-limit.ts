/** Which bodies does something on the way refuse? */
import { type MediaError, toMediaError } from '@supabase-media/core/errors';
import { classifyAnswer } from './classify-answer.ts';
import type { StorageConnection } from './connection.ts';
import { abortUpload, doctorPath, headerOf, metadataOf, PROBE_TIMEOUTS } from './inspect-common.ts';
import { encodeObjectPath } from './object-key.ts';

/**
 * How long a refusal of an announced body is waited for: measured 5 to 100 ms on Storage 1.11.2 and nginx, to which the
 * way there and back comes, for a new connection some times over.
 */
const LEAST_REFUSAL_WAIT_MS = 1500;
const ROUND_TRIPS = 10;

/**
 * Announces a body of this size in one request, sends its first byte and waits for a refusal. The request is then
 * broken off: Storage shows no object before its last byte, and removes what it has.
 *
 * @returns the refusal; undefined when there was none in time.
 * @throws {MediaError} when the connection broke by itself.
 */
export async function announceBody(
  connection: StorageConnection,
  options: {
    readonly bucket: string;
    readonly bytes: number;
    /** As measured by `inspectResumable`. */
    readonly roundTripMs: number;
    readonly signal: AbortSignal;
  },
): Promise<MediaError | undefined> {
  const { bucket, bytes, signal } = options;
  const enough = new AbortController();
  const waitMs = Math.max(LEAST_REFUSAL_WAIT_MS, options.roundTripMs * ROUND_TRIPS);
  const timer = setTimeout(() => enough.abort(), waitMs);
  const action = `Announcing ${bytes} bytes`;
  try {
    const answer = await connection.transport.send({
      method: 'POST',
      url: `${connection.storageUrl}/object/${encodeObjectPath(bucket, doctorPath())}`,
      headers: { ...connection.headers, 'content-type': 'video/mp4' },
      body: { bytes, open: () => withhold(enough.signal, signal) },
      timeouts: PROBE_TIMEOUTS,
      signal: AbortSignal.any([signal, enough.signal]),
      action,
    });
    return classifyAnswer(answer, { action, now: Date.now() });
  } catch (error) {
    signal.throwIfAborted();
    if (enough.signal.aborted) return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
    enough.abort();
  }
}

/** The head of a request leaves with the first byte of its body; the others never come. */
async function* withhold(...signals: AbortSignal[]): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1);
  const ended = AbortSignal.any(signals);
  if (!ended.aborted) await new Promise<void>((resolve) => ended.addEventListener('abort', () => resolve()));
}

/**
 * Sends a body of this size as one chunk of an upload, which is then given up.
 *
 * @returns what went wrong; undefined when Storage acknowledged every byte.
 */
export async function sendChunk(
  connection: StorageConnection,
  options: { readonly bucket: string; readonly bytes: number; readonly signal: AbortSignal },
): Promise<MediaError | undefined> {
  const { bucket, bytes, signal } = options;
  const headers = { ...connection.headers, 'tus-resumable': '1.0.0' };
  const action = `Sending a chunk of ${bytes} bytes`;
  const common = { timeouts: { ...PROBE_TIMEOUTS, timeoutMs: 60_000 }, signal, action };
  let id: string | undefined;
  try {
    const created = await connection.transport.send({
      ...common,
      method: 'POST',
      url: `${connection.storageUrl}/upload/resumable`,
      // Longer than what is sent, so that nothing is ever finished.
      headers: { ...headers, 'upload-length': String(bytes + 1), 'upload-metadata': metadataOf(bucket) },
    });
    id = /([^/]+)\/?$/.exec(headerOf(created, 'location') ?? '')?.[1];
    if (created.status !== 201 || id === undefined) return classifyAnswer(created, { action, now: Date.now() });
    const answer = await connection.transport.send({
      ...common,
      method: 'PATCH',
      url: `${connection.storageUrl}/upload/resumable/${id}`,
      headers: { ...headers, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
      body: { bytes, open: () => zeros(bytes) },
    });
    if (answer.status === 204 && Number(headerOf(answer, 'upload-offset')) === bytes) return undefined;
    return classifyAnswer(answer, { action, now: Date.now() });
  } catch (error) {
    signal.throwIfAborted();
    return toMediaError(error);
  } finally {
    if (id !== undefined) await abortUpload(connection, id);
  }
}

async function* zeros(bytes: number): AsyncGenerator<Uint8Array> {
  const block = new Uint8Array(64 * 1024);
  for (let left = bytes; left > 0; left -= block.length) yield block.subarray(0, Math.min(left, block.length));
}
