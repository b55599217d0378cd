/** The upload step: every file of the results to its key. Doing it twice gives the same objects. */

import type { PublishedOutput } from '@supabase-media/client/contract';
import { toMediaError } from '@supabase-media/core/errors';
import { formatBytes, formatRate, formatSeconds } from '@supabase-media/core/format';
import type { Log } from '@supabase-media/core/log';
import { type LocalFile, type LocalOutput, partsOf } from '@supabase-media/media/steps/local-output';
import type { Metrics } from '@supabase-media/service/metrics';
import { countRetry, type UploadRecording } from '@supabase-media/service/metrics-uploads';
import type { StorageConnection } from '@supabase-media/storage/connection';
import type { ResumeStore } from '@supabase-media/storage/resume-store';
import { type UploadPolicy, uploadFile } from '@supabase-media/storage/uploader';
import { runLimited } from './run-limited.ts';
import { orderUploads } from './upload-order.ts';

export interface PublishOutputsOptions {
  readonly connection: StorageConnection;
  readonly policy: UploadPolicy;
  readonly resumeStore: ResumeStore;
  readonly bucket: string;
  /** The folder that the results' names are put under. */
  readonly prefix: string;
  readonly outputs: readonly LocalOutput[];
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'uploadStarted' | 'retried'>;
  /** Told the bytes sent of all files together. */
  readonly onProgress: (sentBytes: number, totalBytes: number) => void;
}

/** Small files spend their time waiting for answers: four at a time fill the line, and trouble no server. */
const UPLOADS_AT_A_TIME = 4;

/**
 * Uploads the results, manifests after what they name.
 *
 * @throws {MediaError} what the uploader throws; files that were already sent stay, to be overwritten by the next try.
 */
export async function publishOutputs(options: PublishOutputsOptions): Promise<PublishedOutput[]> {
  const { bucket, prefix, signal, log } = options;
  const files = options.outputs.flatMap(partsOf);
  const totalBytes = sumBytes(files);
  const sent = new Map<LocalFile, number>();
  for (const wave of orderUploads(files)) {
    const started = performance.now();
    await runLimited({
      items: wave,
      limit: UPLOADS_AT_A_TIME,
      signal,
      work: (file, either) =>
        publishFile(options, file, either, (bytes) => {
          sent.set(file, bytes);
          options.onProgress(
            [...sent.values()].reduce((sum, value) => sum + value, 0),
            totalBytes,
          );
        }),
    });
    const seconds = (performance.now() - started) / 1000;
    log.info(
      { event: 'upload.done', files: wave.length, bytes: sumBytes(wave), seconds },
      `Uploaded ${nameWave(wave)} in ${formatSeconds(seconds)}`,
    );
  }
  return options.outputs.map((output) => ({
    kind: output.kind,
    bucket,
    path: `${prefix}/${output.name}`,
    contentType: output.contentType,
    bytes: output.bytes,
    files: output.parts?.length,
    width: output.width,
    height: output.height,
    durationSeconds: output.durationSeconds,
  }));
}

async function publishFile(
  options: PublishOutputsOptions,
  file: LocalFile,
  signal: AbortSignal,
  onSent: (bytes: number) => void,
): Promise<void> {
  // Of hundreds of segments, a line for each would bury the others.
  const level = file.name.endsWith('.m4s') ? 'debug' : 'info';
  const { log, metrics } = options;
  let recording: UploadRecording | undefined;
  const result = await uploadFile({
    connection: options.connection,
    policy: options.policy,
    resumeStore: options.resumeStore,
    file: file.path,
    bucket: options.bucket,
    path: `${options.prefix}/${file.name}`,
    contentType: file.contentType,
    // The keys are ours alone: what stands there came from an earlier run of the same job.
    upsert: true,
    signal,
    onRoute: ({ route, reason }, size) => {
      recording ??= metrics.uploadStarted({ route, bytes: size });
      log[level]({ event: 'upload.started', route, bytes: size }, `Uploading ${file.name}, ${route}: ${reason}`);
    },
    onProgress: onSent,
    onRetry: ({ error, waitMs }) => {
      countRetry(metrics, 'upload', error);
      log.warn({ event: 'upload.retry', code: error.code, waitMs }, `${error.message} Again in ${waitMs} ms`);
    },
  }).catch((error: unknown) => {
    recording?.failed(toMediaError(error).code);
    throw error;
  });
  recording?.succeeded(result);
  onSent(file.bytes);
  log[level](
    { event: 'upload.file', route: result.route, bytes: result.size, attempts: result.attempts },
    `Uploaded ${file.name}: ${formatBytes(result.size)} at ${formatRate(result.size, result.seconds)}`,
  );
}

const sumBytes = (files: readonly LocalFile[]): number => files.reduce((sum, { bytes }) => sum + bytes, 0);

const nameWave = (wave: readonly LocalFile[]): string =>
  `${wave.length === 1 ? wave[0]?.name : `${wave.length} files`} (${formatBytes(sumBytes(wave))})`;
