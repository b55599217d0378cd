import { expect, it } from 'vitest';
import { createProgressReader, type EncodeProgress } from './progress.ts';

function readAll(durationSeconds: number | undefined, text: string, frameCount?: number): EncodeProgress[] {
  const reader = createProgressReader({ durationSeconds, frameCount });
  return text.split('\n').flatMap((line) => reader.read(line) ?? []);
}

const block = (us: number | string, speed: string, end = 'continue') =>
  `frame=10\nout_time_us=${us}\nout_time_ms=${us}\nspeed=${speed}\nprogress=${end}`;

it('tells percent, speed and the time left', () => {
  expect(readAll(10, block(2_500_000, '2.5x'))).toEqual([
    { percent: 25, speed: 2.5, etaSeconds: 3, positionSeconds: 2.5 },
  ]);
});

it('never falls and never says 100', () => {
  const percents = readAll(
    10,
    [block(5_000_000, '1x'), block(4_000_000, '1x'), block(12_000_000, '1x', 'end')].join('\n'),
  );
  expect(percents.map((progress) => progress.percent)).toEqual([50, 50, 99]);
  expect(percents.at(-1)?.etaSeconds).toBe(0);
});

it('counts frames where it is known how many there are: sound runs ahead of a slow picture', () => {
  expect(readAll(10, block(9_000_000, '1x'), 100)[0]?.percent).toBe(10);
  expect(readAll(10, block(1_000_000, '1x'), 20)[0]?.percent).toBe(10);
  expect(readAll(10, block(9_000_000, '1x').replace('frame=10', 'frame=0'), 100)[0]?.percent).toBe(90);
});

it('has no percent without a length, and never NaN', () => {
  for (const duration of [undefined, 0, Number.NaN]) {
    expect(readAll(duration, block(1_000_000, '1x'))).toEqual([
      { percent: undefined, speed: 1, etaSeconds: undefined, positionSeconds: 1 },
    ]);
  }
});

it('passes over N/A, negative and empty values', () => {
  const blocks = readAll(10, [block('N/A', 'N/A'), block(-21_333, '0x'), block('', '')].join('\n'));
  for (const progress of blocks) {
    expect(progress).toEqual({ percent: 0, speed: undefined, etaSeconds: undefined, positionSeconds: 0 });
  }
});
