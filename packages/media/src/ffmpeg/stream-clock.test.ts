import { expect, it } from 'vitest';
import { createPacketSummary } from './packet-stats.ts';

const packet = (stream: number, dts: number, pts = dts) =>
  `stream_index=${stream}|pts_time=${pts}|dts_time=${dts}|duration_time=0.04|size=1|flags=K_`;

const steady = (stream: number, from: number, to: number) =>
  Array.from({ length: Math.round((to - from) * 25) }, (_, index) => packet(stream, from + index * 0.04));

function summarize(...lines: readonly string[]) {
  const summary = createPacketSummary({ clockMayJump: true });
  for (const line of lines) summary.add(line);
  return summary.stats();
}

it('takes a step that the sound goes on through for time without a picture', () => {
  const stats = summarize(...steady(1, 0, 20), ...steady(0, 0, 2), ...steady(0, 14, 16));
  expect(stats.get(0)).toMatchObject({
    clockJumps: 0,
    durationSeconds: expect.closeTo(16),
    largestGapSeconds: expect.closeTo(12.04),
  });
});

it('takes a step for a restart where all streams make it', () => {
  const both = [0, 1].flatMap((stream) => [...steady(stream, 0, 2), ...steady(stream, 14, 16)]);
  const stats = summarize(...both);
  expect(stats.get(0)).toMatchObject({ clockJumps: 1, durationSeconds: expect.closeTo(4) });
  expect(stats.get(1)).toMatchObject({ clockJumps: 1 });
});

it('takes a step back for a restart always, and one behind the end of the sound', () => {
  expect(summarize(...steady(1, 0, 20), ...steady(0, 5, 7), ...steady(0, 1, 3)).get(0)?.clockJumps).toBe(1);
  expect(summarize(...steady(1, 0, 2), ...steady(0, 0, 2), ...steady(0, 14, 16)).get(0)?.clockJumps).toBe(1);
});

it('takes a step for time without a picture where a frame before it is shown behind it', () => {
  const reordered = [packet(0, 2, 14.08), ...steady(0, 14, 16)];
  expect(summarize(...steady(0, 0, 2), ...reordered).get(0)).toMatchObject({
    clockJumps: 0,
    lastSeconds: expect.closeTo(15.96),
  });
});

it.each([
  ['forwards, of the only stream', [...steady(0, 0, 2), ...steady(0, 14, 16)], true],
  ['forwards, of several', [0, 1].flatMap((stream) => [...steady(stream, 0, 2), ...steady(stream, 14, 16)]), false],
  ['back', [...steady(0, 5, 7), ...steady(0, 1, 3)], false],
  ['forwards by more than an hour', [...steady(0, 0, 2), ...steady(0, 3700, 3702)], false],
  ['none', steady(0, 0, 2), false],
] as const)('takes a step for a possible pause: %s', (_, lines, mayHavePaused) => {
  const summary = createPacketSummary({ clockMayJump: true });
  for (const line of lines) summary.add(line);
  expect(summary.mayHavePaused).toBe(mayHavePaused);
});

it('takes no step for a restart where it is known that there is none', () => {
  const summary = createPacketSummary({ clockMayJump: true });
  for (const line of [...steady(0, 0, 2), ...steady(0, 14, 16)]) summary.add(line);
  expect(summary.stats().get(0)).toMatchObject({ clockJumps: 1, durationSeconds: expect.closeTo(4) });
  expect(summary.stats({ neverRestarts: true }).get(0)).toMatchObject({
    clockJumps: 0,
    durationSeconds: expect.closeTo(16),
  });
});
