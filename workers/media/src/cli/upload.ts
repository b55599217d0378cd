/** `media upload`: one file to Storage, by the uploader that the worker uses. */

import { guessContentType } from '@supabase-media/core/content-type';
import { formatBytes, formatRate, formatSeconds } from '@supabase-media/core/format';
import { resolveUserPath } from '@supabase-media/service/user-path';
import { openStorage } from '@supabase-media/storage/connection';
import { openResumeStore } from '@supabase-media/storage/resume-store';
import { uploadFile } from '@supabase-media/storage/uploader';
import type { Route } from '@supabase-media/upload-protocol/route';
import { supabaseOf, type UploadConfig } from '../config.ts';
import { createProgressBar } from './progress-bar.ts';
import type { CommandContext } from './run-command.ts';
import { createWaitClock, explainResumption, patienceOf } from './upload-patience.ts';

export interface UploadCommandOptions {
  readonly file: string;
  readonly bucket: string;
  readonly path: string;
  readonly route: Route | 'auto';
  readonly upsert: boolean;
  readonly contentType?: string | undefined;
  /** The longest wait for a Storage that is out of order, in milliseconds. */
  readonly waitMs?: number | undefined;
}

/** While Storage is away, the same is logged again only after this, in milliseconds. */
const SAME_RETRY_MS = 60_000;

/** Resident memory at its highest, in MB (1000000 bytes). */
const peakRssMb = (): number => Math.round((process.resourceUsage().maxRSS * 1024) / 1e5) / 10;

export async function uploadCommand(
  context: CommandContext<UploadConfig>,
  options: UploadCommandOptions,
): Promise<void> {
  const { config, log, signal } = context;
  const file = resolveUserPath(options.file);
  const connection = openStorage({ ...supabaseOf(config), connectMs: config.upload.connectMs });
  const bar = await createProgressBar({ title: 'Uploading', isShown: context.showsBars });
  const started = performance.now();
  let first: number | undefined;
  let last = { position: 0, size: 1 };
  let told = { code: '', at: 0 };
  const waiting = createWaitClock((text) => bar.update(last.position / last.size, text));
  const resumeStore = openResumeStore(config.upload.stateDir);
  const { bucket, path } = options;
  try {
    const result = await uploadFile({
      connection,
      policy: { ...config.upload, ...patienceOf(options.waitMs) },
      resumeStore,
      file,
      bucket,
      path,
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
        waiting.end();
        last = { position, size };
        first ??= position;
        const seconds = (performance.now() - started) / 1000;
        const sent = position - first;
        if (sent > 0) bar.update(position / size, formatRate(sent, seconds), ((size - position) * seconds) / sent);
        else bar.update(position / size);
      },
      onChunkSize: (bytes, refusedBytes) =>
        log.warn(
          { event: 'upload.chunk', bytes, refusedBytes },
          `A proxy refused ${formatBytes(refusedBytes)} in one request; going on with ${formatBytes(bytes)} in each`,
        ),
      onRetry: ({ error, waitMs }) => {
        waiting.begin();
        const isSame = error.code === told.code && performance.now() - told.at < SAME_RETRY_MS;
        if (!isSame) told = { code: error.code, at: performance.now() };
        const line = `${error.message} Waiting for Storage; asking again in ${formatSeconds(waitMs / 1000)}. Stopped, the same command goes on.`;
        log[isSame ? 'debug' : 'warn']({ event: 'upload.retry', code: error.code, waitMs }, line);
      },
    });
    waiting.end();
    bar.stop();
    const { size, route, attempts, bytesSent, seconds, verified } = result;
    context.output.result(
      { bucket, path, size, route, attempts, bytesSent, seconds: round(seconds), verified, peakRssMb: peakRssMb() },
      [
        `${bucket}/${path}: ${formatBytes(size)} by ${route} in ${round(seconds)} s, ${formatRate(size, seconds)}`,
        `attempts ${attempts}, sent ${formatBytes(bytesSent)}, verified, peak memory ${peakRssMb()} MB`,
      ],
    );
  } catch (error) {
    const key = { storageUrl: connection.storageUrl, bucket, path };
    throw await explainResumption(error, { connection, store: resumeStore, key, position: last.position });
  } finally {
    waiting.end();
    bar.stop();
    await connection.close();
  }
}

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;
