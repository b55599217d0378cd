import { type ErrorCode, MediaError } from '@supabase-media/core/errors';
import { describe, expect, it } from 'vitest';
import { decideOutcome } from './decide-outcome.ts';

const decide = (code: ErrorCode, run: { isStopped?: boolean; deferrals?: number; hasAttempts?: boolean } = {}) =>
  decideOutcome({
    error: new MediaError({ code, message: code }),
    isStopped: false,
    deferrals: 0,
    hasAttempts: true,
    ...run,
  });

const defer = (minutes: number) => ({ outcome: 'returned', isDeferred: true, delayMs: minutes * 60_000 });

describe('a run that fails', () => {
  it('is tried again when that may help, for as long as there are attempts', () => {
    expect(decide('ffmpeg_failed')).toEqual({ outcome: 'retried' });
    expect(decide('ffmpeg_failed', { hasAttempts: false })).toEqual({ outcome: 'failed' });
    expect(decide('object_missing')).toEqual({ outcome: 'failed' });
  });

  it('is put off when the place is to blame: half a minute, then longer, ten minutes at most', () => {
    expect([0, 1, 2, 3, 4, 5, 50].map((deferrals) => decide('gateway_failed', { deferrals }))).toEqual(
      [0.5, 1, 2, 4, 8, 10, 10].map(defer),
    );
  });

  it('is put off for a night where Storage is away, and for an hour where it may be the job after all', () => {
    expect(decide('storage_unreachable', { deferrals: 99 })).toEqual(defer(10));
    expect(decide('storage_unreachable', { deferrals: 100 })).toEqual({ outcome: 'retried' });
    expect(decide('upload_interrupted', { deferrals: 9 })).toEqual(defer(10));
    // Its own words in the end, not that it was started too often.
    expect(decide('upload_interrupted', { deferrals: 10, hasAttempts: false })).toEqual({ outcome: 'failed' });
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
