/**
 * How a `video.process` job is tried. Attempts, backoff and retention stand in `packages/client/src/contract.ts`, since
 * producers write them into the job; what only workers decide stands here.
 */
import { videoProcessContract } from '@supabase-media/client/contract';
import { STORAGE_OUTAGES } from '@supabase-media/core/errors';
import { type JobPolicy, LONG_OUTAGE, SHORT_OUTAGE } from '@supabase-media/queue/policy';

export const VIDEO_POLICY: JobPolicy = {
  ...videoProcessContract.policy,
  maxStartsWithoutProgress: 10,
  deferralLimits: {
    disk_waiting: Number.POSITIVE_INFINITY,
    disk_full: SHORT_OUTAGE,
    // Another worker may have a larger disk.
    disk_too_small: SHORT_OUTAGE,
    ...Object.fromEntries(STORAGE_OUTAGES.map((code) => [code, LONG_OUTAGE])),
    // For these it may be the job after all, and each time its bytes are sent again.
    storage_failed: SHORT_OUTAGE,
    download_failed: SHORT_OUTAGE,
    upload_interrupted: SHORT_OUTAGE,
    upload_stalled: SHORT_OUTAGE,
    upload_answer_timeout: SHORT_OUTAGE,
  },
};
