import { expect, it } from 'vitest';
import { describeWay, parseWay } from './way.ts';

it.each([
  ['40ms', { roundTripMs: 40, megabits: undefined }],
  ['40ms,100mbit', { roundTripMs: 40, megabits: 100 }],
  ['2.5mbit', { roundTripMs: 0, megabits: 2.5 }],
])('reads %s', (text, way) => {
  expect(parseWay(text)).toEqual(way);
});

it.each(['40', 'far', '40ms,', '40ms;100mbit'])('refuses %s', (text) => {
  expect(() => parseWay(text)).toThrow(/40ms,100mbit/);
});

it('says it', () => {
  expect(describeWay(parseWay('40ms,100mbit'))).toBe('Storage 40 ms away, 100 Mbit/s');
});
