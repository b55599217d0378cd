import { expect, it } from 'vitest';
import { type CheckedEntry, HEADER, hasPassed, renderEntry, renderSummary } from './report.ts';

const entry = (ffmpeg: string, changes: Partial<CheckedEntry> = {}): CheckedEntry => ({
  file: 'a-name-that-is-longer-than-any-column-of-a-table.mp4',
  ffmpeg,
  outcome: 'processed',
  code: 'video_codec',
  warnings: [],
  source: { seconds: 12345.678, frames: 370_370, aspect: 1.78, hasSound: true, soundLate: 0 },
  mp4: { seconds: 12345.678, frames: 370_370, aspect: 1.78, hasSound: true, soundLate: 0 },
  hls: { pictureLate: 0.379, largestGap: 0.2 },
  findings: [],
  ...changes,
});

const findings = [{ kind: 'hls' as const, message: 'the picture is late, and this is said in many words. '.repeat(4) }];

it('fits a terminal', () => {
  const lines = [
    HEADER,
    ...renderEntry(entry('5.1', { findings })),
    ...renderSummary([entry('5.1'), entry('7.0', { findings })]),
  ];
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(lines.join('\n')).toContain('379 hls');
});

it('passes only when nothing was found', () => {
  expect(hasPassed([entry('5.1')])).toBe(true);
  expect(hasPassed([entry('5.1'), entry('5.1', { findings })])).toBe(false);
});

it('says in what the ffmpegs differ', () => {
  const told = renderSummary([entry('5.1'), entry('7.0', { outcome: 'remuxed', code: 'moov_at_end' })]).join('\n');
  expect(told).toMatch(/5\.1 processed\s+video_codec; 7\.0 remuxed moov_at_end/);
  expect(renderSummary([entry('5.1'), entry('7.0')]).join('\n')).toMatch(/nothing/);
});
