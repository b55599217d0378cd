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

/** The payload of a `video.process` job. */
export type VideoProcessPayload = z.infer<typeof videoProcessPayload>;

/** What the worker does with `video.process` jobs. */
export type VideoHandlers = JobHandlers<VideoProcessPayload, VideoProcessResult>;
