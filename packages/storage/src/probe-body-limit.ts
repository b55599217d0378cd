/** Which bodies does a proxy in front of Storage refuse? */
import { MediaError, toMediaError } from '@supabase-media/core/errors';
import { toAnswerError } from './answer-error.ts';
import type { StorageConnection } from './connection.ts';
import { doctorPath, endProbe, PROBE_TIMEOUTS, probeUpload } from './inspect-common.ts';
import { encodeObjectPath } from './object-key.ts';
import { appendBytes, createUpload } from './tus.ts';

/**
 * How long a refusal of an announced body is waited for: measured 5 to 100 ms on Storage 1.11.2 and nginx, plus the
 * round trip, several times for a new connection.
 */
const LEAST_REFUSAL_WAIT_MS = 1500;
const ROUND_TRIPS = 10;

/**
 * Announces a body of this size in one request, sends its first byte and waits for a refusal. The request is then
 * broken off: Storage shows no object before its last byte, and removes what it has.
 *
 * @returns the refusal; undefined when there was none in time.
 * @throws {MediaError} when the connection broke.
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
    return toAnswerError(answer, { action });
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
 * Sends a body of this size as one chunk of an upload, which is then ended.
 *
 * @returns what went wrong; undefined when Storage acknowledged every byte.
 */
export async function sendChunk(
  connection: StorageConnection,
  options: { readonly bucket: string; readonly bytes: number; readonly signal: AbortSignal },
): Promise<MediaError | undefined> {
  const { bytes, signal } = options;
  const action = `Sending a chunk of ${bytes} bytes`;
  // Longer than what is sent, so that nothing is ever finished.
  const request = probeUpload(connection, { ...options, bytes: bytes + 1, action });
  let url: string | undefined;
  try {
    url = (await createUpload(request)).url;
    const body = { bytes, open: () => zeros(bytes) };
    const timeouts = { ...PROBE_TIMEOUTS, timeoutMs: 60_000 };
    const { offset } = await appendBytes({ ...request, url, offset: 0, body, timeouts });
    if (offset === bytes) return undefined;
    const message = `${action}: ${offset} bytes arrived.`;
    return new MediaError({ code: 'upload_interrupted', message });
  } catch (error) {
    signal.throwIfAborted();
    return toMediaError(error);
  } finally {
    if (url !== undefined) await endProbe(request, url);
  }
}

async function* zeros(bytes: number): AsyncGenerator<Uint8Array> {
  const block = new Uint8Array(64 * 1024);
  for (let left = bytes; left > 0; left -= block.length) yield block.subarray(0, Math.min(left, block.length));
}
