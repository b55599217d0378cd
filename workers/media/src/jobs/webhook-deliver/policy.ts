/** How a delivery is tried: eight times within about a day (24 to 30 hours), the waits growing as Standard Webhooks proposes. */
import type { JobPolicy } from '@supabase-media/queue/policy';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_SECONDS = 86_400;

export const WEBHOOK_POLICY: JobPolicy = {
  retries: {
    scheduleMs: [5 * SECOND_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 5 * HOUR_MS, 8 * HOUR_MS, 8 * HOUR_MS],
  },
  // Seconds at most, and somebody waits for it: it goes before the next video.
  priority: 'high',
  // A delivery makes no checkpoint: each try counts, and so do workers that died over one.
  maxStartsWithoutProgress: 20,
  keepCompleted: { age: 7 * DAY_SECONDS, count: 1000 },
  keepFailed: { age: 30 * DAY_SECONDS, count: 5000 },
};
