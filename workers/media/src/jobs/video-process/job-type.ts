/** The `video.process` job type: all that the queue has to know of it. */
import { type VideoProcessResult, videoProcessContract } from '@supabase-media/client/contract';
import type { Videos } from '@supabase-media/database/videos';
import type { JobType } from '@supabase-media/queue/job-type';
import type { WorkerJobType } from '../worker-job-type.ts';
import { acceptedPayload, type VideoHandlers, type VideoProcessPayload } from './contract.ts';
import { VIDEO_POLICY } from './policy.ts';
import { progressOf } from './progress.ts';
import { identityOf } from './video-identity.ts';

/** The type with the handlers that run its jobs, and the rows of its videos. */
export const videoProcessType = (
  handlers: VideoHandlers,
  videos?: Pick<Videos, 'findStatuses' | 'place'>,
): JobType<VideoProcessPayload, VideoProcessResult> => ({
  name: videoProcessContract.name,
  jobId: videoProcessContract.jobId,
  payload: acceptedPayload,
  policy: VIDEO_POLICY,
  handlers,
  progressOf,
  outcomeOf: ({ outcome }) => outcome,
  ...(videos && {
    row: { idOf: ({ videoId }) => videoId, findStatuses: videos.findStatuses },
    takeTurn: (payload, { jobId, priority, signal }) =>
      videos.place(identityOf(payload), jobId, { band: priority, signal }),
  }),
});

/** As the worker has it. */
export const videoProcess: WorkerJobType = {
  name: videoProcessContract.name,
  open: async (services) => {
    const { createVideoHandlers } = await import('./process.ts');
    return videoProcessType(createVideoHandlers(services), services.videos);
  },
};
