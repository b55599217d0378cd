import { expect, it } from 'vitest';
import { linkAt, readStartTime } from './start-time.ts';

it.each([
  ['?t=83', 83],
  ['?t=83s', 83],
  ['?t=1m23s', 83],
  ['?t=1h1m1s', 3661],
  ['?t=2h', 7200],
  ['?t=1.5', 1.5],
  ['#t=83', 83],
  ['#t=npt:10,20', 10],
  ['#t=1:23', 83],
  ['#t=1:02:03', 3723],
  ['?t=0', 0],
  ['?t=5#t=9', 5],
])('reads %s as %d s', (end, seconds) => {
  expect(readStartTime(`https://app.example/videos/1${end}`)).toBe(seconds);
});

it.each(['', '?t=', '?t=-5', '?t=soon', '?t=1e9', '?t=Infinity', '#chapter-2', '?t=h', '?time=5'])(
  'reads no time from "%s"',
  (end) => {
    expect(readStartTime(`https://app.example/videos/1${end}`)).toBeUndefined();
  },
);

it.each([
  ['https://app.example/v/1', 83.9, 'https://app.example/v/1?t=83'],
  ['https://app.example/v/1?list=2&t=5#t=7', 83, 'https://app.example/v/1?list=2&t=83'],
  ['https://app.example/v/1?t=5#notes', 0.4, 'https://app.example/v/1#notes'],
])('makes %s at %d s the link %s', (address, seconds, link) => {
  expect(linkAt(address, seconds)).toBe(link);
  expect(readStartTime(link) ?? 0).toBe(Math.floor(seconds));
});
