/** What is to be done in the queue for a row of `videos`. Pure. */
import { jobIdOf, PAYLOAD_VERSION } from '@supabase-media/client/contract';
import type { RequestOutcome, VideoRequest } from '@supabase-media/database/video-requests';
import type { RequestedJob } from '@supabase-media/queue/add-job';
import type { JobPriority } from '@supabase-media/queue/policy';
import { z } from 'zod';
import { acceptedPayload, type VideoProcessPayload } from '../jobs/video-process/contract.ts';

/** A row that waits or runs is looked at so often, in seconds: a queue that was emptied gets its job again. */
const LOOK_AGAIN_SECONDS = 300;

/** The first wait after a failure, doubled for each further one up to {@link LOOK_AGAIN_SECONDS}. */
const RETRY_SECONDS = 5;

/** A job that has ended is told to its row within moments; after so many, in seconds, it was not. */
const ENDED_SECONDS = 30;

export type RequestDecision =
  | { readonly do: 'add'; readonly payload: VideoProcessPayload; readonly priority: JobPriority }
  | { readonly do: 'cancel'; readonly jobId: string }
  | { readonly do: 'refuse'; readonly problem: string }
  | { readonly do: 'nothing' };

const priority = z.enum(['high', 'normal', 'low']).default('normal');

const proof = z.object({
  size: z.int().optional(),
  etag: z.string().optional(),
  sha256: z.string().optional(),
});

/** Reads a request; one that no worker of this release could process is refused. */
export function decideRequest(request: VideoRequest): RequestDecision {
  const { status, videoId, ownerId, project, source, options } = request;
  if (status === 'canceled') return { do: 'cancel', jobId: jobIdOf(videoId) };
  if (status !== 'queued' && status !== 'processing') return { do: 'nothing' };
  const parsed = z.object({ payload: acceptedPayload, priority }).safeParse({
    payload: {
      version: PAYLOAD_VERSION,
      videoId,
      ownerId,
      project,
      outputs: options.outputs,
      profile: options.profile,
      source: { ...source, ...proof.safeParse(request.proof).data },
    },
    priority: options.priority,
  });
  return parsed.success
    ? { do: 'add', ...parsed.data }
    : { do: 'refuse', problem: z.prettifyError(parsed.error).replace(/\s+/g, ' ') };
}

/** What became of a request: its job's state, that it is done with, or that it could not be done now. */
export type RequestEnd = RequestedJob['state'] | 'done' | 'failed';

/** When a request is looked at again. */
export function decideOutcome({ videoId, requestId, failures }: VideoRequest, end: RequestEnd): RequestOutcome {
  const base = { videoId, requestId };
  switch (end) {
    case 'done':
      return { ...base, againSeconds: undefined, failed: false };
    case 'failed':
      return { ...base, againSeconds: Math.min(LOOK_AGAIN_SECONDS, RETRY_SECONDS * 2 ** failures), failed: true };
    case 'ended':
      return { ...base, againSeconds: ENDED_SECONDS, failed: true };
    default:
      return { ...base, againSeconds: LOOK_AGAIN_SECONDS, failed: false };
  }
}

/** Whether a job that ended has left its row behind: its end was looked at before, and the row still waits for it. */
export const isLeftBehind = ({ failures }: VideoRequest, end: RequestEnd): boolean => end === 'ended' && failures > 0;
