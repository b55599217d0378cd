/** The source, from Storage into the run's directory, and the proof of what it is. */
import { join } from 'node:path';
import { MediaError } from '@supabase-media/core/errors';
import { formatBytes, formatRate } from '@supabase-media/core/format';
import { retry } from '@supabase-media/core/retry';
import { type RejectedVideo, rejectByBeginning } from '@supabase-media/media/pipeline';
import { SNIFF_BYTES } from '@supabase-media/media/sniff';
import { countRetry } from '@supabase-media/service/metrics-uploads';
import { downloadFile } from '@supabase-media/storage/download';
import { sha256OfFile } from '@supabase-media/storage/file-checksum';
import { type ObjectInfo, readObjectInfo } from '@supabase-media/storage/object-info';
import { readFirstBytes } from '@supabase-media/storage/read-first-bytes';
import { openSourceFile } from '@supabase-media/storage/source-file';
import type { WorkerServices } from '../worker-job-type.ts';
import { checkDownloadedSource, checkStoredSource } from './check-source.ts';
import { INPUT_NAME, type SourceVersion } from './checkpoint.ts';
import type { VideoProcessPayload } from './contract.ts';
import type { EarlyEncode } from './early-encode.ts';
import type { VideoRun } from './video-run.ts';

/** @throws {MediaError} `object_missing`, `source_changed`, or what Storage answers. */
export async function findSource(
  services: WorkerServices,
  payload: VideoProcessPayload,
  signal: AbortSignal,
): Promise<ObjectInfo> {
  const { storage, config } = services;
  const { source } = payload;
  const info = await retry(() => readObjectInfo(storage, source, signal), {
    retries: config.upload.maxRetries,
    signal,
  });
  if (info !== undefined) {
    await checkStoredSource(services, payload, info);
    return info;
  }
  throw new MediaError({
    code: 'object_missing',
    message: `Downloading ${source.bucket}/${source.path}: there is no such object.`,
  });
}

/** From this size on, in bytes, a look at the beginning first costs less than bringing what is no video. */
const LOOK_FIRST_BYTES = 32 * 1024 * 1024;

/**
 * Looks at the beginning of a large source before the rest of it is brought.
 *
 * @returns why it is no video; `undefined` where that is not certain, or the beginning could not be read.
 * @throws the signal's reason.
 */
export async function rejectBeforeDownload(run: VideoRun): Promise<RejectedVideo | undefined> {
  const { services, payload, context, settings, source } = run;
  if (source.size < LOOK_FIRST_BYTES) return undefined;
  const { signal } = context;
  const { bucket, path } = payload.source;
  const beginning = await readFirstBytes({
    connection: services.storage,
    bucket,
    path,
    bytes: SNIFF_BYTES,
    timeouts: services.config.upload,
    signal,
  }).catch(() => undefined);
  signal.throwIfAborted();
  return beginning && rejectByBeginning(beginning, { sizeBytes: source.size, settings });
}

/**
 * Downloads the source as {@link INPUT_NAME}.
 *
 * @param arrived told how much of it is here, in bytes.
 * @throws {MediaError} as `downloadFile` does.
 */
export function downloadSource(run: VideoRun, arrived?: EarlyEncode['arrived']): Promise<DownloadedSource> {
  const { log, context, payload } = run;
  const { config, storage, metrics, slots } = run.services;
  const { signal } = context;
  return slots.transfers.run(signal, () =>
    run.runStep('download', async (report) => {
      const { seconds, ...found } = await downloadFile({
        connection: storage,
        bucket: payload.source.bucket,
        path: payload.source.path,
        file: inputOf(run),
        timeouts: config.upload,
        maxRetries: config.upload.maxRetries,
        signal,
        onProgress: (received, size) => {
          report(received / size);
          arrived?.(received, size);
        },
        onRetry: ({ error, waitMs }) => {
          countRetry(metrics, 'download', error);
          log.warn({ code: error.code, waitMs }, `${error.message} Retrying in ${waitMs} ms`);
        },
      });
      return { value: found, summary: `${formatBytes(found.size)} at ${formatRate(found.size, seconds)}` };
    }),
  );
}

/** The version that was read. */
interface DownloadedSource {
  /** In bytes. */
  readonly size: number;
  readonly etag?: string | undefined;
}

/**
 * Takes the digest of what was downloaded, makes sure that it is what was asked for, and writes it into the video's row.
 *
 * @throws {MediaError} `source_changed`, what the row's database answers, or the signal's reason.
 */
export async function proveSource(
  run: VideoRun,
  downloaded: DownloadedSource,
  signal: AbortSignal,
): Promise<SourceVersion> {
  const { services, payload } = run;
  const file = inputOf(run);
  const { size, etag } = downloaded;
  const found = { size, etag, sha256: await sha256OfFile(await openSourceFile(file), signal) };
  await checkDownloadedSource(services, payload, { seen: found, file, signal });
  await services.videos.recordSource(payload.videoId, found, signal);
  return { ...found, etag: run.source.etag };
}

const inputOf = ({ runDirectory }: VideoRun): string => join(runDirectory.directory, INPUT_NAME);
