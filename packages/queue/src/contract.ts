/**
 * What producers and workers agree on: names, payloads and results of jobs, versioned. Producers import it through
 * `@supabase-media/client`; a payload that does not fit is refused on both sides.
 */

import type { StepProgress } from '@supabase-media/core/step-runner';
import type { PublishedOutput } from '@supabase-media/database/video-row';
import { OUTPUT_KINDS } from '@supabase-media/media/outputs';
import { PROFILES } from '@supabase-media/media/profiles';
import { z } from 'zod';

/** The one job type so far: download, probe, plan, encode, upload, record. */
export const VIDEO_PROCESS = 'video.process';

/** Goes up when a payload of today could not be read by a worker of yesterday. */
export const PAYLOAD_VERSION = 1;

const projectName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'letters, digits, _ and -, at most 63');

export const videoProcessPayload = z.strictObject({
  version: z.literal(PAYLOAD_VERSION),
  // Any uuid of PostgreSQL's: ids that a seed made up have no version of an RFC.
  videoId: z.guid(),
  /** The Supabase Auth user the video belongs to; left out, it is whoever uploaded the source. */
  ownerId: z.guid().optional(),
  /** First segment of the results' keys. */
  project: projectName,
  /** What to make; left out, what the worker is set to. */
  outputs: z.array(z.enum(OUTPUT_KINDS)).min(1).optional(),
  /** How to weigh time against quality; left out, as the worker is set to. */
  profile: z.enum(PROFILES).optional(),
  source: z.strictObject({ bucket: z.string().min(1).max(100), path: z.string().min(1).max(1024) }),
});

/** A `video.process` job. */
export type VideoProcessPayload = z.infer<typeof videoProcessPayload>;

/** What a finished `video.process` job returns. A rejected file is a finished job: trying again would not help. */
export interface VideoProcessResult {
  readonly videoId: string;
  /** `processed`: encoded; `remuxed`: copied, it was web-ready; `rejected`: no video that can be made playable. */
  readonly outcome: 'processed' | 'remuxed' | 'rejected';
  /** Why a file was rejected, as a stable code. */
  readonly code?: string | undefined;
  /** Why a file was rejected, copied or encoded, in words its uploader understands. */
  readonly reason?: string | undefined;
  readonly outputs: readonly PublishedOutput[];
}

/** What a running job tells about itself, at most once a second. */
export type VideoProgress = StepProgress;
