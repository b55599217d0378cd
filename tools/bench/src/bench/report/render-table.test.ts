import { describe, expect, it } from 'vitest';
import { ROWS } from '../rows.ts';
import { renderTable } from './render-table.ts';
import type { BenchResult, MeasuredRow } from './result.ts';
import { summarize } from './summarize.ts';

const run = (seconds: number, mb = 120) => ({
  seconds,
  cpuSeconds: seconds * 1.5,
  peakMb: { node: mb, ffmpeg: 300 },
  togetherMb: mb + 300,
  children: 8,
  sentBytes: 2_000_000_000,
  receivedBytes: 2_000_000_000,
  storageRequests: 60,
  otherRequests: 1200,
});

const rowOf = (runs: readonly ReturnType<typeof run>[], baseline: readonly ReturnType<typeof run>[]): MeasuredRow => ({
  ...{ name: 'mp4', about: '60 s of 1080p, MP4 and poster', most: 1.03, mostOverWay: 0.9 },
  contenders: [
    { name: 'worker', runs },
    { name: 'script', runs: baseline },
    { name: 'usual worker', runs: [run(30), { failed: 'ended with SIGKILL: out of memory' }, run(30)] },
  ],
});

const resultOf = (rows: readonly MeasuredRow[], other: Partial<BenchResult> = {}): BenchResult => ({
  measuredAt: '2026-11-28',
  machine: { processor: 'a processor', cores: 2, memoryGb: 24, node: '20.20.2' },
  ffmpeg: '5.1.9',
  rounds: 3,
  way: undefined,
  small: { readySeconds: 0.9, idleMb: 90, importMs: 120 },
  rows,
  ...other,
});

describe('the result of the benchmark', () => {
  it('compares runs of the same round', () => {
    const { rows, ok } = summarize(resultOf([rowOf([run(9), run(20), run(10)], [run(10), run(40), run(20)])]));
    expect(rows[0]?.cells[0]).toMatchObject({ ratio: 0.5, seconds: 10 });
    expect(ok).toBe(true);
  });

  it('tells what happened where one could not do it', () => {
    const result = resultOf([rowOf([run(10)], [run(10)])]);
    expect(summarize(result).rows[0]?.cells[2]).toEqual({
      name: 'usual worker',
      failed: 'ended with SIGKILL: out of memory',
    });
    expect(renderTable(result).join('\n')).toContain('ended with SIGKILL: out of memory');
  });

  it.each([
    ['slower than its limit', resultOf([rowOf([run(11)], [run(10)])])],
    ['above an idle one by more memory', resultOf([rowOf([run(5, 191)], [run(10)])])],
    [
      'slower than the limit of a longer way',
      resultOf([rowOf([run(10)], [run(10)])], { way: { roundTripMs: 40, megabits: 100 } }),
    ],
    ['ready too late', resultOf([], { small: { readySeconds: 1.2, idleMb: 90, importMs: 120 } })],
  ])('is not kept when it is %s', (_what, result) => {
    expect(summarize(result).ok).toBe(false);
    expect(renderTable(result).at(-1)).toMatch(/NOT KEPT/);
  });

  it('fits 80 columns', () => {
    const rows = ROWS.map(({ name, about, contenders }) => ({
      ...{ name, about, most: 1.05, mostOverWay: 0.9 },
      contenders: contenders.map((contender) => ({ name: contender, runs: [run(1234.5)] })),
    }));
    for (const line of renderTable(resultOf(rows, { way: { roundTripMs: 40, megabits: 100 } })))
      expect(line.length, line).toBeLessThanOrEqual(80);
  });
});
