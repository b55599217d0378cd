/** The download step: the source, from Storage into the run's directory. */
import { join } from 'node:path';
import { MediaError } from '@supabase-media/core/errors';
import { formatBytes, formatRate } from '@supabase-media/core/format';
import { retry } from '@supabase-media/core/retry';
import { countRetry } from '@supabase-media/service/metrics-uploads';
import { downloadFile } from '@supabase-media/storage/download';
import { type ObjectInfo, readObjectInfo } from '@supabase-media/storage/object-info';
import type { WorkerServices } from '../worker-job-type.ts';
import { checkDownloadedSource, checkStoredSource } from './check-source.ts';
import { INPUT_NAME, type SourceVersion } from './checkpoint.ts';
import type { VideoProcessPayload } from './contract.ts';
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

/**
 * Downloads the source as {@link INPUT_NAME} and writes its size and digest into the video's row.
 *
 * @throws {MediaError} `source_changed`; as `downloadFile` does, or the row's database.
 */
export function downloadSource(run: VideoRun): Promise<SourceVersion> {
  const { log, context, runDirectory, payload } = run;
  const { config, storage, metrics, videos, slots } = run.services;
  const { signal } = context;
  return slots.transfers.run(signal, () =>
    run.runStep('download', async (report) => {
      const file = join(runDirectory.directory, INPUT_NAME);
      const { seconds, ...found } = await downloadFile({
        connection: storage,
        bucket: payload.source.bucket,
        path: payload.source.path,
        file,
        timeouts: config.upload,
        maxRetries: config.upload.maxRetries,
        signal,
        onProgress: (received, size) => report(received / size),
        onRetry: ({ error, waitMs }) => {
          countRetry(metrics, 'download', error);
          log.warn({ code: error.code, waitMs }, `${error.message} Retrying in ${waitMs} ms`);
        },
      });
      await checkDownloadedSource(run.services, payload, { seen: found, file, signal });
      await videos.recordSource(payload.videoId, found, signal);
      const summary = `${formatBytes(found.size)} at ${formatRate(found.size, seconds)}`;
      return { value: { ...found, etag: run.source.etag }, summary };
    }),
  );
}
