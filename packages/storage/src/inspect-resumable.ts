/** Would Storage take a file of this size, and how does it call itself? Asked without uploading. */
import type { StorageAnswer } from './classify-answer.ts';
import type { StorageConnection } from './connection.ts';
import { abortUpload, headerOf, metadataOf, PROBE_TIMEOUTS, readObject } from './inspect-common.ts';

export interface ResumableFacts {
  /** What TUS names its limit for the whole project (Tus-Max-Size), in bytes. */
  readonly projectBytes: number | undefined;
  /** The answer to the creation of an upload of the asked size: 201 when Storage would take it. */
  readonly status: number;
  /** Of a refusal. */
  readonly words: string;
  /** As Storage wrote it, whole. */
  readonly location: string | undefined;
  /** How long a short question and its answer took, in milliseconds. */
  readonly roundTripMs: number;
}

/**
 * Asks whether Storage would take a file of this size: an upload is created, without a byte, and given up again.
 *
 * @throws {MediaError} when there is no answer at all.
 */
export async function inspectResumable(
  connection: StorageConnection,
  options: { readonly bucket: string; readonly bytes: number; readonly signal: AbortSignal },
): Promise<ResumableFacts> {
  const { bucket, bytes, signal } = options;
  const url = `${connection.storageUrl}/upload/resumable`;
  const headers = { ...connection.headers, 'tus-resumable': '1.0.0' };
  const common = { timeouts: PROBE_TIMEOUTS, signal, action: 'Asking for the limits' };
  const general = await connection.transport.send({ ...common, method: 'OPTIONS', url, headers });
  const asked = performance.now();
  const created = await connection.transport.send({
    ...common,
    method: 'POST',
    url,
    headers: { ...headers, 'upload-length': String(bytes), 'upload-metadata': metadataOf(bucket) },
  });
  const roundTripMs = performance.now() - asked;
  const location = headerOf(created, 'location');
  const id = location === undefined ? undefined : /([^/]+)\/?$/.exec(location)?.[1];
  if (created.status === 201 && id !== undefined) await abortUpload(connection, id);
  const most = Number(headerOf(general, 'tus-max-size'));
  return {
    projectBytes: Number.isSafeInteger(most) && most > 0 ? most : undefined,
    status: created.status,
    words: wordsOf(created),
    location,
    roundTripMs,
  };
}

const wordsOf = ({ body }: StorageAnswer): string => {
  const message = readObject(body)?.message;
  const text = typeof message === 'string' ? message : body.replace(/<[^>]*>/g, ' ');
  return text.replace(/\s+/g, ' ').trim().slice(0, 200);
};
