/**
 * Counts upload sessions where their rows are written. The process that changed a row counts it, so created minus ended,
 * summed over all processes, is the number of open sessions.
 *
 * Not counted: a session whose process died between adding its job and marking its row, which a sweep marks later, and
 * sessions that `npm run web -- sweep` ends, because that process is not scraped.
 */
import type { Metrics } from '@supabase-media/service/metrics';
import type { UploadSessions } from '../database/upload-sessions.ts';

/** Wraps the table with counters of created and ended sessions. */
export function countSessions(
  sessions: UploadSessions,
  metrics: Pick<Metrics, 'sessionCreated' | 'sessionEnded'>,
): UploadSessions {
  return {
    ...sessions,
    create: async (session, limits) => {
      const answer = await sessions.create(session, limits);
      if (answer.kind === 'created') metrics.sessionCreated();
      return answer;
    },
    finish: async (lease, state, result) => {
      const isDone = await sessions.finish(lease, state, result);
      if (isDone) metrics.sessionEnded(state);
      return isDone;
    },
    cancel: async (id, from, endCode) => {
      const isDone = await sessions.cancel(id, from, endCode);
      // A completed session was counted when it was completed.
      if (isDone && !from.includes('completed')) metrics.sessionEnded('canceled');
      return isDone;
    },
    endOversized: async (batch) => {
      const count = await sessions.endOversized(batch);
      for (let ended = 0; ended < count; ended++) metrics.sessionEnded('canceled');
      return count;
    },
    abandonExpired: async (batch) => {
      const count = await sessions.abandonExpired(batch);
      for (let ended = 0; ended < count; ended++) metrics.sessionEnded('abandoned');
      return count;
    },
  };
}
