/** The record step: what became of a video, written into its row last of all, and read back by a later run. */
import type { PublishedOutput, VideoProcessResult } from '@supabase-media/client/contract';
import { MediaError } from '@supabase-media/core/errors';
import type { FinalStatus } from '@supabase-media/database/videos';
import type { ProbeResult } from '@supabase-media/media/media-info';
import type { EncodedVideo, RejectedVideo } from '@supabase-media/media/pipeline';
import { explainOutcome, type Reason } from '@supabase-media/media/plan';
import { summarize } from '@supabase-media/media/summary';
import type { EndedJob } from '@supabase-media/queue/job-type';
import { removeJobDirectory } from '../../work-disk/work-directory.ts';
import type { WorkerServices } from '../worker-job-type.ts';
import { readCheckpoint } from './checkpoint.ts';
import type { VideoProcessPayload } from './contract.ts';
import { removeResults } from './remove-results.ts';
import { removeParts } from './split/remove-parts.ts';
import type { VideoRun } from './video-run.ts';

/**
 * The outcome that an earlier run of the same job recorded before the queue was told: nothing is left to do. A job that
 * was requeued has no checkpoint, and is run.
 */
export async function findFinalStatus(
  { videos, log }: WorkerServices,
  { videoId, jobId }: { readonly videoId: string; readonly jobId: string },
): Promise<VideoProcessResult | undefined> {
  const row = await videos.find(videoId);
  if (row?.job_id !== jobId || row.outcome === null) return undefined;
  if (row.status !== 'ready' && row.status !== 'rejected') return undefined;
  log.info({ event: 'video.recorded_before', jobId, videoId }, `Video ${videoId} is already ${row.status}`);
  const { outcome, outputs } = row;
  if (outcome === 'rejected')
    return { videoId, outcome, code: row.error_code ?? undefined, reason: row.error_message ?? undefined, outputs };
  const reasons = Array.isArray(row.facts.reasons) ? (row.facts.reasons as readonly Reason[]) : [];
  return { videoId, outcome, reason: explainOutcome(outcome, reasons), outputs };
}

export interface ReadyVideo {
  readonly probe: ProbeResult;
  readonly encoded: Pick<EncodedVideo, 'outcome' | 'reasons' | 'warnings' | 'info'>;
  readonly outputs: readonly PublishedOutput[];
}

/**
 * Records that a video is ready.
 *
 * @throws {MediaError} `canceled`, `lock_lost`, or what the database or the queue answers.
 */
export function recordReady(run: VideoRun, { probe, encoded, outputs }: ReadyVideo): Promise<VideoProcessResult> {
  const { services, settings, payload } = run;
  const { videoId } = payload;
  return run.runStep('record', async () => {
    const { outcome, reasons, warnings } = encoded;
    const reason = explainOutcome(outcome, reasons);
    const facts = {
      input: summarize(probe),
      output: summarize(encoded.info),
      profile: settings.profile,
      reasons,
      warnings,
      ffmpeg: services.tools.ffmpeg.version,
    };
    await record(run, { status: 'ready', outcome, facts, outputs });
    return { value: { videoId, outcome, reason, outputs }, summary: `${outcome}: ${reason}` };
  });
}

/**
 * Records a rejection: a result, not a failure, since trying again would say the same.
 *
 * @throws {MediaError} as {@link recordReady}.
 */
export async function recordRejection(run: VideoRun, { probe, rejection }: RejectedVideo): Promise<VideoProcessResult> {
  const { services, payload, log } = run;
  const { videoId } = payload;
  const { code, reason } = rejection;
  log.info({ event: 'video.rejected', videoId, code }, `Rejected: ${reason}`);
  const facts = { input: summarize(probe), ffmpeg: services.tools.ffmpeg.version };
  await record(run, { status: 'rejected', outcome: 'rejected', errorCode: code, errorMessage: reason, facts });
  return { videoId, outcome: 'rejected', code, reason, outputs: [] };
}

/** Progress is written no more after this; and a worker that lost the job's lock writes nothing. */
async function record({ services, payload, context, endProgress }: VideoRun, status: FinalStatus): Promise<void> {
  await endProgress();
  await context.confirmLock();
  if (!(await services.videos.recordFinalStatus(payload.videoId, status))) throw canceledMeanwhile(payload.videoId);
}

export const canceledMeanwhile = (videoId: string): MediaError =>
  new MediaError({ code: 'canceled', message: `Video ${videoId} was canceled or removed (in its row).` });

/**
 * Records that a job ended without a result: canceled or failed, after its last attempt or without any. The row is for
 * users; what operators need is in the log and, as the job's reason, in the queue.
 *
 * @throws {MediaError} what the database or Storage answers.
 */
export async function recordFailure(
  services: WorkerServices,
  payload: VideoProcessPayload,
  { error, job }: { readonly error: MediaError; readonly job: EndedJob },
): Promise<boolean> {
  const { config, videos, log } = services;
  const { videoId } = payload;
  await removeJobDirectory({ jobsDir: config.worker.jobsDir, jobId: job.jobId });
  if (readCheckpoint(job.checkpoint)?.split !== undefined) {
    await job.children?.end();
    await removeParts(services, payload);
  }
  // The worker's part of `cancelVideo` (packages/client): the row usually says so already; the objects are removed here.
  if (error.code === 'canceled') {
    log.info({ event: 'video.canceled', videoId }, `Canceled: ${error.message}`);
    // The row first, which people look at; the job stays in the queue until its objects are removed, too.
    await videos.recordFinalStatus(videoId, { status: 'canceled', outputs: [] });
    await removeResults(services, payload, job.checkpoint);
    return true;
  }
  const status = { status: 'failed', errorCode: error.code, errorMessage: error.forUser } as const;
  if (!(await videos.recordFinalStatus(videoId, status))) return false;
  log.error({ event: 'video.failed', videoId, code: error.code, err: error }, `Failed: ${error.message}`);
  return true;
}
