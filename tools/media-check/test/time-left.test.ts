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

it.each([['wide.mp4'], ['wide-mjpeg.avi']] as const)('of %s', { timeout: 120_000 }, async (name) => {
  const figures = await measureTimeLeft({ path: await clips.clip(name), tools });
  const words = JSON.stringify(figures);
  // Twice as much as is promised of a quiet machine: tests run beside each other.
  expect(figures?.worst, words).toBeLessThan(3);
  expect(figures?.toldFrom, words).toBeGreaterThan(0.15);
  expect(figures?.toldFrom, words).toBeLessThan(0.75);
  expect(figures?.isSteady, words).toBe(true);
});
