/** The jobs of a split video's parts. Pure. */
import type { ConvertPlan } from '@supabase-media/media/plan';
import type { VideoPartPayload } from '../../video-part/contract.ts';
import { provePart } from '../../video-part/prove-part.ts';
import type { VideoProcessPayload } from '../contract.ts';
import type { SavedSplit } from './saved-split.ts';

export interface PartJobsOptions {
  readonly payload: Pick<VideoProcessPayload, 'videoId' | 'project'>;
  readonly jobId: string;
  readonly split: SavedSplit;
  readonly plan: ConvertPlan;
  /** What the row shows at the start and at the end of the encode. */
  readonly percent: { readonly from: number; readonly to: number };
  readonly serviceRoleKey: string;
}

/** One payload for each part, in their order. */
export function partJobs(options: PartJobsOptions): readonly VideoPartPayload[] {
  const { payload, jobId, split, plan, percent, serviceRoleKey } = options;
  const { id, parts = [] } = split;
  const { width, height } = plan.target;
  const { maxInputPixels, video } = plan.policy;
  const at = (done: number) => percent.from + ((percent.to - percent.from) * done) / parts.length;
  return parts.map((part, index) =>
    provePart(
      {
        version: 1,
        videoId: payload.videoId,
        project: payload.project,
        jobId,
        split: id,
        part: index + 1,
        parts: parts.length,
        ...part,
        encode: { source: plan.source, target: { width, height }, policy: { maxInputPixels, video } },
        percent: { from: at(index), to: at(index + 1) },
      },
      serviceRoleKey,
    ),
  );
}
