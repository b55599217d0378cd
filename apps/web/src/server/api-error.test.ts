import { MediaError } from '@supabase-media/core/errors';
import { expect, it } from 'vitest';
import { toApiError } from './api-error.ts';

it.each([
  new Error('connect ECONNREFUSED 10.0.0.7:5432'),
  new MediaError({ code: 'database_refused', message: 'violates unique constraint "videos_pkey"' }),
  new MediaError({ code: 'queue_unreachable', message: 'redis-7.internal:6379 does not answer' }),
  new MediaError({ code: 'object_too_large', message: '/var/work/x has 3 GB, more than the limit of the bucket "b"' }),
  new MediaError({ code: 'key_refused', message: 'The object path "9f/é.mp4" has the character "é"' }),
  new MediaError({ code: 'invalid_argument', message: '✖ Invalid input → at payload.source' }),
  new MediaError({ code: 'ffmpeg_failed', message: 'ffmpeg ended with 1: /opt/x' }),
])('keeps the words of operators out of answers: %s', (thrown) => {
  const { error } = toApiError(thrown).toBody();
  expect(JSON.stringify(error)).not.toContain(thrown.message);
  expect(error.message).not.toMatch(/[/\\_]|\d|constraint|ffmpeg|redis/i);
});

it('tells what was said for users', () => {
  const forUser = 'The file holds no captions.';
  const thrown = new MediaError({ code: 'invalid_argument', message: 'at byte 5 of /tmp/x', forUser });
  expect(toApiError(thrown).toBody().error).toMatchObject({ code: 'invalid_request', message: forUser });
});
