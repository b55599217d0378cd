/** The contract of `video.process` as this worker keeps it: the outputs and profiles that it really has. */
import { videoProcessPayload as anyPayload, type VideoProcessResult } from '@supabase-media/client/contract';
import { OUTPUT_KINDS } from '@supabase-media/media/outputs';
import { PROFILES } from '@supabase-media/media/profiles';
import type { JobHandlers } from '@supabase-media/queue/job-type';
import { z } from 'zod';

export const videoProcessPayload = anyPayload.extend({
  /** What to make; left out, what the worker is set to. */
  outputs: z.array(z.enum(OUTPUT_KINDS)).min(1).optional(),
  /** How to weigh time against quality; left out, as the worker is set to. */
  profile: z.enum(PROFILES).optional(),
});

/**
 * What a worker takes from the queue: the same, with any source. One that Storage cannot have fails as `key_refused` and
 * is said so in the row; a job that fits no schema is refused without anyone being told.
 */
export const acceptedPayload = videoProcessPayload.extend({
  source: anyPayload.shape.source.extend({ bucket: z.string().max(100), path: z.string().max(1024) }),
});

/** The payload of a `video.process` job. */
export type VideoProcessPayload = z.infer<typeof videoProcessPayload>;

/** What the worker does with `video.process` jobs. */
export type VideoHandlers = JobHandlers<VideoProcessPayload, VideoProcessResult>;
