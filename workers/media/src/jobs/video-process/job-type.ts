/** The `video.process` job type: all that the queue has to know of it. */
import { type VideoProcessResult, videoProcessContract } from '@supabase-media/client/contract';
import type { JobRow, JobType } from '@supabase-media/queue/job-type';
import type { WorkerJobType } from '../worker-job-type.ts';
import { acceptedPayload, type VideoHandlers, type VideoProcessPayload } from './contract.ts';
import { VIDEO_POLICY } from './policy.ts';
import { progressOf } from './progress.ts';

/** The type with the handlers that run its jobs, and what tells the status of videos. */
export const videoProcessType = (
  handlers: VideoHandlers,
  findStatuses?: JobRow<VideoProcessPayload>['findStatuses'],
): JobType<VideoProcessPayload, VideoProcessResult> => ({
  name: videoProcessContract.name,
  jobId: videoProcessContract.jobId,
  payload: acceptedPayload,
  policy: VIDEO_POLICY,
  handlers,
  progressOf,
  outcomeOf: ({ outcome }) => outcome,
  ...(findStatuses && { row: { idOf: ({ videoId }) => videoId, findStatuses } }),
});

/** As the worker has it. */
export const videoProcess: WorkerJobType = {
  name: videoProcessContract.name,
  open: async (services) => {
    const { createVideoHandlers } = await import('./process.ts');
    return videoProcessType(createVideoHandlers(services), services.videos.findStatuses);
  },
};
