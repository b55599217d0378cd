/** How a part is tried: twice, since the whole is encoded in one piece after that. */
import type { JobPolicy } from '@supabase-media/queue/policy';
import { VIDEO_POLICY } from '../video-process/policy.ts';

const DAY_SECONDS = 86_400;

export const VIDEO_PART_POLICY: JobPolicy = {
  retries: { attempts: 2, backoffMs: 2000 },
  // Each is worth a minute or two; workers that die over one may die over all of it.
  maxStartsWithoutProgress: 10,
  deferralLimits: VIDEO_POLICY.deferralLimits ?? {},
  // The job that waits for it has its result; of what is kept of ended jobs, parts are not to take a share.
  keepCompleted: { age: 1, count: 0 },
  keepFailed: { age: 7 * DAY_SECONDS, count: 1000 },
};
