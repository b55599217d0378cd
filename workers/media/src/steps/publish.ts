/** The upload step: every result to its key, one after the other. Doing it twice gives the same objects. */
import { basename } from 'node:path';
import { formatBytes, formatRate } from '../observability/format.ts';
import type { Log } from '../observability/logger.ts';
import type { PublishedOutput } from '../queue/contract.ts';
import type { StorageConnection } from '../storage/connection.ts';
import type { ResumeStore } from '../storage/resume-store.ts';
import { type UploadPolicy, uploadFile } from '../storage/uploader.ts';

/** A result on disk. */
export interface LocalOutput {
  readonly kind: string;
  readonly path: string;
  readonly contentType: string;
  /** In bytes. */
  readonly bytes: number;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly durationSeconds?: number | undefined;
}

export interface PublishOutputsOptions {
  readonly connection: StorageConnection;
  readonly policy: UploadPolicy;
  readonly resumeStore: ResumeStore;
  readonly bucket: string;
  /** The folder that the results' file names are put under. */
  readonly prefix: string;
  readonly outputs: readonly LocalOutput[];
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Told the bytes sent of all files together. */
  readonly onProgress: (sentBytes: number, totalBytes: number) => void;
}

/**
 * Uploads the results.
 *
 * @throws {MediaError} what the uploader throws; files that were already sent stay, to be overwritten by the next try.
 */
export async function publishOutputs(options: PublishOutputsOptions): Promise<PublishedOutput[]> {
  const { bucket, log } = options;
  const totalBytes = options.outputs.reduce((sum, output) => sum + output.bytes, 0);
  const published: PublishedOutput[] = [];
  let finishedBytes = 0;
  for (const output of options.outputs) {
    const path = `${options.prefix}/${basename(output.path)}`;
    const result = await uploadFile({
      connection: options.connection,
      policy: options.policy,
      resumeStore: options.resumeStore,
      file: output.path,
      bucket,
      path,
      contentType: output.contentType,
      // The keys are ours alone: what stands there came from an earlier run of the same job.
      upsert: true,
      signal: options.signal,
      onRoute: ({ route, reason }, size) =>
        log.info({ event: 'upload.started', route, bytes: size }, `Uploading ${basename(path)}, ${route}: ${reason}`),
      onProgress: (sent) => options.onProgress(finishedBytes + sent, totalBytes),
      onRetry: ({ error, waitMs }) =>
        log.warn({ event: 'upload.retry', code: error.code, waitMs }, `${error.message} Again in ${waitMs} ms`),
    });
    finishedBytes += output.bytes;
    log.info(
      { event: 'upload.done', route: result.route, bytes: result.size, attempts: result.attempts },
      `Uploaded ${basename(path)}: ${formatBytes(result.size)} at ${formatRate(result.size, result.seconds)}`,
    );
    published.push({
      kind: output.kind,
      bucket,
      path,
      contentType: output.contentType,
      bytes: result.size,
      width: output.width,
      height: output.height,
      durationSeconds: output.durationSeconds,
    });
  }
  return published;
}
