/** What became of a video, written into its row: the last deed of a run, and what a later run finds of it. */

import type { PublishedOutput, VideoProcessResult } from '@supabase-media/client/contract';
import { MediaError } from '@supabase-media/core/errors';
import type { FinalStatus } from '@supabase-media/database/videos';
import { summarize } from '@supabase-media/media/ffmpeg/media-summary';
import type { ProbeResult } from '@supabase-media/media/plan/media-info';
import type { Reason } from '@supabase-media/media/plan/plan';
import type { Rejection } from '@supabase-media/media/plan/rejections';
import { type EncodedVideo, explainOutcome } from '@supabase-media/media/steps/encode';
import type { VideoRun, VideoServices } from './video-run.ts';

/**
 * What an earlier run of the same job recorded as its last deed, before the queue learned of it: nothing is left to do.
 * A job that was requeued has no checkpoint, and is run.
 */
export async function findFinalStatus(
  { videos, log }: VideoServices,
  { videoId, jobId }: { readonly videoId: string; readonly jobId: string },
): Promise<VideoProcessResult | undefined> {
  const row = await videos.find(videoId);
  if (row?.job_id !== jobId || row.outcome === null) return undefined;
  if (row.status !== 'ready' && row.status !== 'rejected') return undefined;
  log.info({ event: 'video.recorded_before', jobId, videoId }, `Video ${videoId} was ${row.status} already`);
  const { outcome, outputs } = row;
  if (outcome === 'rejected')
    return { videoId, outcome, code: row.error_code ?? undefined, reason: row.error_message ?? undefined, outputs };
  const reasons = Array.isArray(row.facts.reasons) ? (row.facts.reasons as readonly Reason[]) : [];
  return { videoId, outcome, reason: explainOutcome(outcome, reasons), outputs };
}

export interface ReadyVideo {
  readonly probe: ProbeResult;
  readonly encoded: EncodedVideo;
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
export async function recordRejection(
  run: VideoRun,
  { probe, rejection }: { readonly probe: ProbeResult; readonly rejection: Rejection },
): Promise<VideoProcessResult> {
  const { services, payload, log } = run;
  const { videoId } = payload;
  const { code, reason } = rejection;
  log.info({ event: 'video.rejected', videoId, code }, `Rejected: ${reason}`);
  const facts = { input: summarize(probe), ffmpeg: services.tools.ffmpeg.version };
  await record(run, { status: 'rejected', outcome: 'rejected', errorCode: code, errorMessage: reason, facts });
  return { videoId, outcome: 'rejected', code, reason, outputs: [] };
}

/** Nothing is written after the ending, and nothing by a worker whose job is another's by now. */
async function record({ services, payload, context, endProgress }: VideoRun, ending: FinalStatus): Promise<void> {
  await endProgress();
  await context.confirmLock();
  if (!(await services.videos.recordFinalStatus(payload.videoId, ending))) throw canceledMeanwhile(payload.videoId);
}

export const canceledMeanwhile = (videoId: string): MediaError =>
  new MediaError({ code: 'canceled', message: `Video ${videoId} was canceled or removed (in its row).` });
