/** What is said about the time left is true while real clips are processed: one that is encoded, one that is copied. */
import { locateTools } from '@supabase-media/media/locate-tools';
import type { MediaTools } from '@supabase-media/media/tools';
import { type ClipShop, openClipShop } from '@supabase-media/test-support/clips';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { measureTimeLeft } from '../src/time-left/measure-time-left.ts';

let tools: MediaTools;
let clips: ClipShop;
beforeAll(async () => {
  tools = await locateTools();
  clips = await openClipShop(tools);
});
afterAll(() => clips?.close());

it.each([
  // Of a copy nothing is encoded before the ladder, so that a short one may be over before anything is known.
  ['wide.mp4', 1],
  ['wide-mjpeg.avi', 0.75],
] as const)('of %s', { timeout: 120_000 }, async (name, toldAtLatest) => {
  const figures = await measureTimeLeft({ path: await clips.clip(name), tools });
  const words = JSON.stringify(figures);
  // Twice as much as is promised of a quiet machine: tests run beside each other.
  expect(figures?.worst, words).toBeLessThan(3);
  expect(figures?.toldFrom, words).toBeGreaterThan(0.15);
  expect(figures?.toldFrom, words).toBeLessThanOrEqual(toldAtLatest);
  expect(figures?.isSteady, words).toBe(true);
});
