import { expect, it } from 'vitest';
import { type ChaosCounts, drawSchedule, KINDS, STEPS } from './schedule.ts';

const counts: ChaosCounts = { kill: 50, terminate: 8, freeze: 3, queue: 3, supabase: 3, disk: 2 };
const draw = (seed: number) => drawSchedule({ seed, workers: 2, counts, lockLostMs: 7000 });

it('is the same for the same seed, and different for another', () => {
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});

it.each([1, 2, 3, 4, 5])('has the requested number of each kind, and aims at every step (seed %i)', (seed) => {
  const events = draw(seed);
  for (const kind of KINDS) expect(events.filter((event) => event.kind === kind)).toHaveLength(counts[kind]);
  expect(new Set(events.map(({ step }) => step))).toEqual(new Set([...STEPS, undefined]));
  expect(new Set(events.map(({ worker }) => worker))).toEqual(new Set([0, 1]));
  for (const { kind, durationMs } of events) if (kind === 'freeze') expect(durationMs).toBeGreaterThanOrEqual(7000);
});
