/** What the doctor's questions to Storage share. */
import { randomUUID } from 'node:crypto';
import type { StorageConnection } from './connection.ts';
import type { TransportTimeouts } from './transport.ts';
import { type CreateUploadOptions, type TusRequest, terminateUpload } from './tus.ts';

/** A question to a healthy Storage takes milliseconds. */
export const PROBE_TIMEOUTS: TransportTimeouts = { timeoutMs: 10_000, stallMs: 10_000, answerMs: 10_000 };

/** Where the doctor's questions point. Nothing is ever stored there. */
export const doctorPath = (): string => `media-doctor/${randomUUID()}.mp4`;

/** An upload that is begun only to be ended. */
export const probeUpload = (
  connection: StorageConnection,
  options: { readonly bucket: string; readonly bytes: number; readonly signal: AbortSignal; readonly action: string },
): CreateUploadOptions => ({
  connection,
  bucket: options.bucket,
  path: doctorPath(),
  size: options.bytes,
  contentType: 'video/mp4',
  metadata: {},
  upsert: false,
  timeouts: PROBE_TIMEOUTS,
  signal: options.signal,
  action: options.action,
});

/** Best effort: what cannot be ended expires. It is ended also when the doctor is told to stop. */
export const endProbe = (request: TusRequest, url: string): Promise<void> =>
  terminateUpload({ ...request, signal: undefined, action: 'Ending a probe' }, url).catch(() => {});
