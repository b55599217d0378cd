/**
 * The one door to Storage for files. It picks the route, tries again when that can help, settles an ambiguous answer by
 * looking instead of sending again, and ends in proof: what Storage holds is compared with what was sent.
 */
import { randomUUID } from 'node:crypto';
import { MediaError } from '../errors.ts';
import { formatBytes } from '../observability/format.ts';
import { type RetryNotice, retry } from '../retry/retry.ts';
import type { StorageConnection } from './connection.ts';
import { type ObjectInfo, readObjectInfo } from './object-info.ts';
import { encodeObjectPath } from './object-key.ts';
import { decideRoute, type Route, type RouteDecision } from './route.ts';
import { assertUnchanged, openSourceFile, type SourceFile } from './source-file.ts';
import type { TransportClocks } from './transport.ts';
import type { UploadRoute } from './upload-attempt.ts';
import { uploadDirect } from './upload-direct.ts';
import { uploadStream } from './upload-stream.ts';

const SEND: Readonly<Record<Route, UploadRoute>> = { direct: uploadDirect, stream: uploadStream };

/** How uploads behave, from the configuration. */
export interface UploadPolicy extends TransportClocks {
  readonly directMaxBytes: number;
  readonly maxRetries: number;
}

export interface UploadFileOptions {
  readonly connection: StorageConnection;
  readonly policy: UploadPolicy;
  readonly file: string;
  readonly bucket: string;
  readonly path: string;
  readonly contentType: string;
  /** Replace an object that is already there; without it one is an error. */
  readonly upsert?: boolean;
  readonly route?: Route | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told once, before the first byte. */
  readonly onRoute?: (decision: RouteDecision, size: number) => void;
  /** Told the bytes of the current attempt that were sent, of the file's size. */
  readonly onProgress?: (sentBytes: number, size: number) => void;
  readonly onRetry?: (notice: RetryNotice) => void;
}

/** What became of an upload. */
export interface UploadResult {
  readonly bucket: string;
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  readonly route: Route;
  readonly reason: string;
  /** 1 when the first one succeeded. */
  readonly attempts: number;
  /** Of all attempts together. */
  readonly bytesSent: number;
  readonly seconds: number;
  /** Always true: an upload that could not be verified is an error. */
  readonly verified: true;
}

/**
 * Puts one file into Storage.
 *
 * @throws {MediaError} `file_missing`, `file_changed`, `key_refused`, or what Storage or the network refused.
 */
export async function uploadFile(options: UploadFileOptions): Promise<UploadResult> {
  const { connection, policy, bucket, path, signal } = options;
  encodeObjectPath(bucket, path);
  const file = await openSourceFile(options.file);
  const decision = decideRoute({ size: file.size, directMaxBytes: policy.directMaxBytes, forced: options.route });
  options.onRoute?.(decision, file.size);

  // Kept with the object: it tells this upload's object from any other of the same size.
  const uploadId = randomUUID();
  const started = performance.now();
  const tally = { attempts: 0, finishedBytes: 0, currentBytes: 0 };

  const send = async (attempt: number): Promise<void> => {
    tally.attempts = attempt;
    tally.finishedBytes += tally.currentBytes;
    tally.currentBytes = 0;
    try {
      await SEND[decision.route]({
        connection,
        file,
        bucket,
        path,
        contentType: options.contentType,
        upsert: options.upsert ?? false,
        metadata: { uploadId },
        clocks: policy,
        signal,
        onSent: (bytes) => {
          tally.currentBytes = bytes;
          options.onProgress?.(bytes, file.size);
        },
      });
    } catch (error) {
      if (!(await isStoredAnyway({ connection, bucket, path, uploadId, attempt, error, signal }))) throw error;
    }
    await assertUnchanged(file);
    verify(file, await readObjectInfo(connection, { bucket, path }, signal), options);
  };
  await retry(send, { retries: policy.maxRetries, signal, onRetry: options.onRetry });

  return {
    bucket,
    path,
    size: file.size,
    route: decision.route,
    reason: decision.reason,
    attempts: tally.attempts,
    bytesSent: tally.finishedBytes + tally.currentBytes,
    seconds: (performance.now() - started) / 1000,
    verified: true,
  };
}

interface AmbiguousFailure {
  readonly connection: StorageConnection;
  readonly bucket: string;
  readonly path: string;
  readonly uploadId: string;
  readonly attempt: number;
  readonly error: unknown;
  readonly signal: AbortSignal | undefined;
}

/**
 * Whether a failed attempt, or one before it, left our object behind after all: a lost answer, a gateway that gave up,
 * or a conflict with what an earlier attempt stored.
 */
async function isStoredAnyway(failure: AmbiguousFailure): Promise<boolean> {
  const { error, signal } = failure;
  if (!(error instanceof MediaError) || signal?.aborted) return false;
  const isConflictWithOurselves = error.code === 'object_exists' && failure.attempt > 1;
  if (error.retry !== 'ambiguous' && !isConflictWithOurselves) return false;
  const info = await readObjectInfo(failure.connection, failure, signal).catch(() => undefined);
  return info?.metadata.uploadId === failure.uploadId;
}

function verify(file: SourceFile, info: ObjectInfo | undefined, address: { bucket: string; path: string }): void {
  if (info?.size === file.size) return;
  const found = info === undefined ? 'no object' : `${info.size} bytes (${formatBytes(info.size)})`;
  throw new MediaError({
    code: 'upload_mismatch',
    message: `Storage holds ${found} at ${address.bucket}/${address.path}; ${file.size} bytes were sent.`,
  });
}
