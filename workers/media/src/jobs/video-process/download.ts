/** The download step: the source, from Storage into the run's directory. */
import { join } from 'node:path';
import { MediaError } from '@supabase-media/core/errors';
import { formatBytes, formatRate } from '@supabase-media/core/format';
import { retry } from '@supabase-media/core/retry';
import { countRetry } from '@supabase-media/service/metrics-uploads';
import { downloadFile } from '@supabase-media/storage/download';
import { type ObjectInfo, readObjectInfo } from '@supabase-media/storage/object-info';
import type { WorkerServices } from '../worker-job-type.ts';
import { INPUT_NAME, type SourceVersion } from './checkpoint.ts';
import type { VideoProcessPayload } from './contract.ts';
import type { VideoRun } from './video-run.ts';

/** @throws {MediaError} `object_missing`, or what Storage answers. */
export async function findSource(
  { storage, config }: WorkerServices,
  source: VideoProcessPayload['source'],
  signal: AbortSignal,
): Promise<ObjectInfo> {
  const info = await retry(() => readObjectInfo(storage, source, signal), {
    retries: config.upload.maxRetries,
    signal,
  });
  if (info !== undefined) return info;
  throw new MediaError({
    code: 'object_missing',
    message: `Downloading ${source.bucket}/${source.path}: there is no such object.`,
  });
}

/**
 * Downloads the source as {@link INPUT_NAME} and writes its size and digest into the video's row.
 *
 * @throws {MediaError} as `downloadFile` does, or the row's database.
 */
export function downloadSource(run: VideoRun): Promise<SourceVersion> {
  const { log, context, runDirectory, payload } = run;
  const { config, storage, metrics, videos, slots } = run.services;
  const { signal } = context;
  return slots.transfers.run(signal, () =>
    run.runStep('download', async (report) => {
      const { seconds, ...found } = await downloadFile({
        connection: storage,
        ...payload.source,
        file: join(runDirectory.directory, INPUT_NAME),
        timeouts: config.upload,
        maxRetries: config.upload.maxRetries,
        signal,
        onProgress: (received, size) => report(received / size),
        onRetry: ({ error, waitMs }) => {
          countRetry(metrics, 'download', error);
          log.warn({ code: error.code, waitMs }, `${error.message} Retrying in ${waitMs} ms`);
        },
      });
      await videos.recordSource(payload.videoId, found, signal);
      const summary = `${formatBytes(found.size)} at ${formatRate(found.size, seconds)}`;
      return { value: { ...found, etag: run.source.etag }, summary };
    }),
  );
}
