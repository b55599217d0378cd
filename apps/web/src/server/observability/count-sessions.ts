/**
 * Counts upload sessions at the one door to their rows. A write that changed a row is counted by the process that made
 * it, so that all processes together have created minus ended open sessions.
 *
 * Not seen: a session whose process died between adding its job and marking its row, which a sweep marks later, and what
 * `npm run web -- sweep` ends, a process that nobody scrapes.
 */
import type { Metrics } from '@supabase-media/service/metrics';
import type { UploadSessions } from '../database/upload-sessions.ts';

/** The same table, with a count of what begins and ends in it. */
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
    finish: async (claim, state, endCode) => {
      const isDone = await sessions.finish(claim, state, endCode);
      if (isDone) metrics.sessionEnded(state);
      return isDone;
    },
    cancel: async (id, from) => {
      const isDone = await sessions.cancel(id, from);
      // One that was completed has been counted at its end.
      if (isDone && !from.includes('completed')) metrics.sessionEnded('canceled');
      return isDone;
    },
    abandonExpired: async (batch) => {
      const count = await sessions.abandonExpired(batch);
      for (let ended = 0; ended < count; ended++) metrics.sessionEnded('abandoned');
      return count;
    },
  };
}
