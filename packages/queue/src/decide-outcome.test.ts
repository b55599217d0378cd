import { type ErrorCode, MediaError } from '@supabase-media/core/errors';
import { describe, expect, it } from 'vitest';
import { decideOutcome } from './decide-outcome.ts';
import { SHORT_OUTAGE, scheduledDelay } from './policy.ts';

const decide = (code: ErrorCode, run: { isStopped?: boolean; deferrals?: number; hasAttempts?: boolean } = {}) =>
  decideOutcome({
    error: new MediaError({ code, message: code }),
    isStopped: false,
    deferrals: 0,
    hasAttempts: true,
    deferralLimits: { disk_waiting: Number.POSITIVE_INFINITY, upload_interrupted: SHORT_OUTAGE },
    ...run,
  });

const defer = (minutes: number) => ({ outcome: 'returned', isDeferred: true, delayMs: minutes * 60_000 });

describe('a run that fails', () => {
  it('is tried again when that may help, for as long as there are attempts', () => {
    expect(decide('ffmpeg_failed')).toEqual({ outcome: 'retried' });
    expect(decide('ffmpeg_failed', { hasAttempts: false })).toEqual({ outcome: 'failed' });
    expect(decide('object_missing')).toEqual({ outcome: 'failed' });
  });

  it('is deferred for an infrastructure failure: half a minute, then longer, ten minutes at most', () => {
    expect([0, 1, 2, 3, 4, 5, 50].map((deferrals) => decide('queue_failed', { deferrals }))).toEqual(
      [0.5, 1, 2, 4, 8, 10, 10].map(defer),
    );
  });

  it('is deferred for a night for what every job can meet, and for as long as its type says for the rest', () => {
    expect(decide('database_failed', { deferrals: 99 })).toEqual(defer(10));
    expect(decide('database_failed', { deferrals: 100 })).toEqual({ outcome: 'retried' });
    expect(decide('upload_interrupted', { deferrals: 9 })).toEqual(defer(10));
    // Its own error in the end, not that it was started too often.
    expect(decide('upload_interrupted', { deferrals: 10, hasAttempts: false })).toEqual({ outcome: 'failed' });
  });

  it('is not deferred for what only another type can meet', () => {
    expect(decide('storage_unreachable')).toEqual({ outcome: 'retried' });
  });

  it('waits for room for as long as it takes, and is not counted', () => {
    expect(decide('disk_waiting', { deferrals: 1000 })).toMatchObject({ outcome: 'returned', isDeferred: false });
  });
});

describe('a run that is stopped', () => {
  it('goes back at once when its worker stops, without an attempt', () => {
    expect(decide('aborted', { isStopped: true, hasAttempts: false })).toEqual({
      outcome: 'returned',
      isDeferred: false,
    });
  });

  it('is canceled, failed or left to another worker, for its reason', () => {
    expect(decide('canceled', { isStopped: true })).toEqual({ outcome: 'canceled' });
    expect(decide('job_expired', { isStopped: true, hasAttempts: false })).toEqual({ outcome: 'failed' });
    expect(decide('lock_lost', { isStopped: true, hasAttempts: false })).toEqual({ outcome: 'retried' });
  });
});

describe('a schedule of retries', () => {
  const schedule = [5000, 300_000];

  it('has a wait for each failed try, with up to a quarter added', () => {
    expect(scheduledDelay(schedule, 1, { random: 0 })).toBe(5000);
    expect(scheduledDelay(schedule, 2, { random: 1 })).toBe(375_000);
    expect(scheduledDelay(schedule, 9, { random: 0 })).toBe(300_000);
  });

  it('waits for as long as the server asks, a day at most', () => {
    expect(scheduledDelay(schedule, 1, { random: 0, retryAfterMs: 60_000 })).toBe(60_000);
    expect(scheduledDelay(schedule, 2, { random: 0, retryAfterMs: 60_000 })).toBe(300_000);
    expect(scheduledDelay(schedule, 1, { random: 0, retryAfterMs: 9e9 })).toBe(86_400_000);
  });
});
