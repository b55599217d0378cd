/** What only parts can meet. */
import { type ErrorPolicy, errorsOf } from '@supabase-media/core/errors';

export const PART_ERRORS = {
  part_unproved: {
    retry: 'never',
    meaning:
      'A part of a video was not added by a worker with our service role key; nothing was read or written for it.',
    hint: 'Give every worker of a queue the same SUPABASE_SERVICE_ROLE_KEY; else find out who writes to the queue.',
  },
  part_changed: {
    retry: 'backoff',
    meaning: 'A part of a video in Storage is not the one that was put there.',
    hint: 'Nothing to do: after a second try the video is encoded in one piece.',
  },
} as const satisfies Readonly<Record<string, ErrorPolicy>>;

export const partError = errorsOf(PART_ERRORS);
