/** The publish and upload steps: every file of the results to its key. Repeating them gives the same objects. */

import type { PublishedOutput } from '@supabase-media/client/contract';
import { toMediaError } from '@supabase-media/core/errors';
import { formatBytes, formatRate, formatSeconds } from '@supabase-media/core/format';
import { runLimited } from '@supabase-media/core/run-limited';
import { describeOutputs, type LocalFile, type LocalOutput, partsOf } from '@supabase-media/media/output';
import { uploadWaves } from '@supabase-media/media/outputs';
import { countRetry, type UploadRecording } from '@supabase-media/service/metrics-uploads';
import { openResumeStore, type ResumeStore } from '@supabase-media/storage/resume-store';
import { uploadFile } from '@supabase-media/storage/uploader';
import { guessEtagKind } from '@supabase-media/upload-protocol/decide-proof';
import type { VideoRun } from './video-run.ts';

export interface PublishOptions {
  /** `publish` for the MP4 and what was made with it, `upload` for what was derived from it. */
  readonly step: 'publish' | 'upload';
  /** The folder in the bucket. */
  readonly prefix: string;
  readonly outputs: readonly LocalOutput[];
}

/** Small files spend their time waiting for answers: four at a time keep the line busy without straining a server. */
const UPLOADS_AT_A_TIME = 4;

/**
 * Uploads the results, manifests after what they name.
 *
 * @throws {MediaError} what the uploader throws; files that were already sent stay, to be overwritten by the next try.
 */
export function publishOutputs(run: VideoRun, options: PublishOptions): Promise<readonly PublishedOutput[]> {
  const { step, prefix, outputs } = options;
  const { services, context, log } = run;
  const bucket = services.config.resultBucket;
  const resumeStore = openResumeStore(services.config.upload.stateDir);
  const files = outputs.flatMap(partsOf);
  const totalBytes = sumBytes(files);
  return services.slots.transfers.run(context.signal, () =>
    run.runStep(step, async (report) => {
      const sent = new Map<LocalFile, number>();
      for (const wave of uploadWaves(files)) {
        const started = performance.now();
        await runLimited({
          items: wave,
          limit: UPLOADS_AT_A_TIME,
          signal: context.signal,
          work: (file, signal) =>
            publishFile(run, { file, path: `${prefix}/${file.name}`, resumeStore, signal }, (bytes) => {
              sent.set(file, bytes);
              report([...sent.values()].reduce((sum, value) => sum + value, 0) / totalBytes);
            }),
        });
        const seconds = (performance.now() - started) / 1000;
        log.info(
          { event: 'upload.done', files: wave.length, bytes: sumBytes(wave), seconds },
          `Uploaded ${nameWave(wave)} in ${formatSeconds(seconds)}`,
        );
      }
      const value = outputs.map((output) => describePublished(output, bucket, prefix));
      return { value, summary: `${describeOutputs(outputs)} in ${bucket}` };
    }),
  );
}

const describePublished = (output: LocalOutput, bucket: string, prefix: string): PublishedOutput => ({
  kind: output.kind,
  bucket,
  path: `${prefix}/${output.name}`,
  contentType: output.contentType,
  bytes: output.bytes,
  files: output.parts?.length,
  width: output.width,
  height: output.height,
  durationSeconds: output.durationSeconds,
  language: output.language,
  label: output.label,
  disposition: output.disposition,
  origin: output.origin,
});

interface PublishFileOptions {
  readonly file: LocalFile;
  readonly path: string;
  readonly resumeStore: ResumeStore;
  readonly signal: AbortSignal;
}

async function publishFile(
  { services, source, log }: VideoRun,
  { file, path, resumeStore, signal }: PublishFileOptions,
  onSent: (bytes: number) => void,
): Promise<void> {
  const { config, metrics, storage } = services;
  // Of hundreds of segments, a line for each would bury the others.
  const level = file.name.endsWith('.m4s') ? 'debug' : 'info';
  let recording: UploadRecording | undefined;
  const result = await uploadFile({
    connection: storage,
    policy: config.upload,
    resumeStore,
    file: file.path,
    bucket: config.resultBucket,
    path,
    contentType: file.contentType,
    // Nobody else writes to these keys: what is there came from an earlier run of the same job.
    upsert: true,
    likelyEtags: guessEtagKind(source),
    signal,
    onRoute: ({ route, reason }, size) => {
      recording ??= metrics.uploadStarted({ route, bytes: size });
      log[level]({ event: 'upload.started', route, bytes: size }, `Uploading ${file.name}, ${route}: ${reason}`);
    },
    onProgress: onSent,
    onRetry: ({ error, waitMs }) => {
      countRetry(metrics, 'upload', error);
      log.warn({ event: 'upload.retry', code: error.code, waitMs }, `${error.message} Retrying in ${waitMs} ms`);
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
