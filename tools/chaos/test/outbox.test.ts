/** A small run of `npm run chaos:outbox` on each backend. */
import { findRedisVersion } from '@supabase-media/local-stack/redis/redis-server';
import { expect, it } from 'vitest';
import { runOutbox } from '../src/outbox/run-outbox.ts';

const ROWS = 24;
const kinds = findRedisVersion() === undefined ? (['postgres'] as const) : (['redis', 'postgres'] as const);

it.each(kinds)(
  'rows by SQL become videos once, while workers are killed: %s',
  async (kind) => {
    const seed = Date.now() % 1_000_000;
    const { findings } = await runOutbox({
      kind,
      rows: ROWS,
      workers: 2,
      concurrency: 2,
      kills: 4,
      seed,
      limitMs: 110_000,
      keepsLogs: false,
      signal: new AbortController().signal,
      say: () => {},
    });
    expect({ seed, problems: findings.problems }).toEqual({ seed, problems: [] });
    expect(findings).toMatchObject({ ready: ROWS, readyAgain: 0, objects: ROWS, requestsLeft: 0 });
  },
  150_000,
);
