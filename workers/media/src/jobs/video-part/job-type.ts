/** The `video.part` job type: one part of a long video, which a `video.process` job waits for. */
import type { JobType } from '@supabase-media/queue/job-type';
import type { WorkerJobType } from '../worker-job-type.ts';
import {
  VIDEO_PART,
  type VideoPartPayload,
  type VideoPartResult,
  videoPartContract,
  videoPartPayload,
} from './contract.ts';
import { PART_ERRORS } from './errors.ts';
import { VIDEO_PART_POLICY } from './policy.ts';

export const videoPart: WorkerJobType = {
  name: VIDEO_PART,
  errors: PART_ERRORS,
  open: async (services) => {
    const { createPartHandlers } = await import('./process.ts');
    const type: JobType<VideoPartPayload, VideoPartResult> = {
      name: VIDEO_PART,
      jobId: videoPartContract.jobId,
      payload: videoPartPayload,
      policy: VIDEO_PART_POLICY,
      handlers: createPartHandlers(services),
      row: { idOf: ({ videoId }) => videoId, findStatuses: services.videos.findStatuses },
    };
    return type;
  },
};
