/** The first bytes of an object, before anybody decides to bring all of it. */
import { toAnswerError } from './answer-error.ts';
import type { StorageConnection } from './connection.ts';
import type { ObjectAddress } from './object-info.ts';
import { encodeObjectPath } from './object-key.ts';
import { readAnswer } from './read-answer.ts';
import type { TransportTimeouts } from './transport.ts';

export interface ReadFirstBytesOptions extends ObjectAddress {
  readonly connection: StorageConnection;
  /** How many, from 1. */
  readonly bytes: number;
  readonly timeouts: TransportTimeouts;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the first bytes of an object, in one request and without another try.
 *
 * @returns as many as were asked for, or as the object has.
 * @throws {MediaError} `object_missing`, what Storage refused; as `Transport.receive`.
 */
export function readFirstBytes(options: ReadFirstBytesOptions): Promise<Buffer> {
  const { connection, bucket, path, bytes, timeouts, signal } = options;
  const action = `Reading ${bucket}/${path}`;
  return connection.transport.receive(
    {
      method: 'GET',
      url: `${connection.storageUrl}/object/authenticated/${encodeObjectPath(bucket, path)}`,
      headers: { ...connection.headers, range: `bytes=0-${bytes - 1}` },
      timeouts,
      signal,
      action,
    },
    async (answer) => {
      if (answer.status !== 200 && answer.status !== 206)
        throw toAnswerError(await readAnswer({ ...answer, action }), { action });
      const chunks: Buffer[] = [];
      let received = 0;
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        received += chunk.length;
        // A server that does not know ranges sends the whole object.
        if (received >= bytes) break;
      }
      return Buffer.concat(chunks).subarray(0, bytes);
    },
  );
}
