/** What the doctor's questions to Storage share. */
import { randomUUID } from 'node:crypto';
import type { StorageAnswer } from './classify-answer.ts';
import type { StorageConnection } from './connection.ts';
import type { TransportTimeouts } from './transport.ts';

/** A question to a healthy Storage takes milliseconds. */
export const PROBE_TIMEOUTS: TransportTimeouts = { timeoutMs: 10_000, stallMs: 10_000, answerMs: 10_000 };

/** Where the doctor's questions point. Nothing is ever stored there. */
export const doctorPath = (): string => `media-doctor/${randomUUID()}.mp4`;

/** The JSON object that a text is; undefined for any other text. */
export function readObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const encode = (text: string): string => Buffer.from(text).toString('base64');

/** TUS metadata (Upload-Metadata, TUS 1.0.0) of an upload that is never finished. */
export const metadataOf = (bucket: string): string =>
  `bucketName ${encode(bucket)},objectName ${encode(doctorPath())},contentType ${encode('video/mp4')}`;

export const headerOf = (answer: StorageAnswer, name: string): string | undefined => {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

/** Best effort: what cannot be ended expires. */
export async function abortUpload(connection: StorageConnection, id: string): Promise<void> {
  await connection.transport
    .send({
      method: 'DELETE',
      url: `${connection.storageUrl}/upload/resumable/${id}`,
      headers: { ...connection.headers, 'tus-resumable': '1.0.0' },
      timeouts: PROBE_TIMEOUTS,
      action: 'Giving an upload up',
    })
    .catch(() => {});
}
