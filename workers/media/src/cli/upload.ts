/** `media upload`: one file to Storage, by the uploader that the worker uses. */

import { guessContentType } from '@supabase-media/core/content-type';
import { formatBytes, formatRate } from '@supabase-media/core/format';
import { resolveUserPath } from '@supabase-media/service/user-path';
import { openStorage } from '@supabase-media/storage/connection';
import { openResumeStore } from '@supabase-media/storage/resume-store';
import { uploadFile } from '@supabase-media/storage/uploader';
import type { Route } from '@supabase-media/upload-protocol/route';
import { supabaseOf } from '../config.ts';
import { createProgressBar } from './progress-bar.ts';
import type { CommandContext } from './run-command.ts';

export interface UploadCommandOptions {
  readonly file: string;
  readonly bucket: string;
  readonly path: string;
  readonly route: Route | 'auto';
  readonly upsert: boolean;
  readonly contentType?: string | undefined;
}

/** Resident memory at its highest, in MB (1000000 bytes). */
const peakRssMb = (): number => Math.round((process.resourceUsage().maxRSS * 1024) / 1e5) / 10;

export async function uploadCommand(context: CommandContext, options: UploadCommandOptions): Promise<void> {
  const { config, log, signal } = context;
  const file = resolveUserPath(options.file);
  const connection = openStorage({ ...supabaseOf(config), connectMs: config.upload.connectMs });
  const bar = await createProgressBar({ title: 'Uploading', isShown: context.showsBars });
  const started = performance.now();
  let first: number | undefined;
  try {
    const result = await uploadFile({
      connection,
      policy: config.upload,
      resumeStore: openResumeStore(config.upload.stateDir),
      file,
      bucket: options.bucket,
      path: options.path,
      contentType: options.contentType ?? guessContentType(file),
      upsert: options.upsert,
      route: options.route === 'auto' ? undefined : options.route,
      signal,
      onRoute: ({ route, reason }, size) =>
        log.info(
          { event: 'upload.started', route, bytes: size },
          `Uploading ${formatBytes(size)}, ${route}: ${reason}`,
        ),
      onProgress: (position, size) => {
        first ??= position;
        const seconds = (performance.now() - started) / 1000;
        const sent = position - first;
        bar.update(position / size, formatRate(sent, seconds), ((size - position) * seconds) / sent);
      },
      onChunkSize: (bytes, refusedBytes) =>
        log.warn(
          { event: 'upload.chunk', bytes, refusedBytes },
          `A proxy refused ${formatBytes(refusedBytes)} in one request; going on with ${formatBytes(bytes)} in each`,
        ),
      onRetry: ({ error, waitMs }) =>
        log.warn({ event: 'upload.retry', code: error.code, waitMs }, `${error.message} Again in ${waitMs} ms`),
    });
    bar.stop();
    const { bucket, path, size, route, attempts, bytesSent, seconds, verified } = result;
    context.output.result(
      { bucket, path, size, route, attempts, bytesSent, seconds: round(seconds), verified, peakRssMb: peakRssMb() },
      [
        `${bucket}/${path}: ${formatBytes(size)} by ${route} in ${round(seconds)} s, ${formatRate(size, seconds)}`,
        `attempts ${attempts}, sent ${formatBytes(bytesSent)}, verified, peak memory ${peakRssMb()} MB`,
      ],
    );
  } finally {
    bar.stop();
    await connection.close();
  }
}

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;
