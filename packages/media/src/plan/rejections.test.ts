import { expect, it } from 'vitest';
import { REJECTIONS, rejection } from './rejections.ts';

it.each(Object.entries(REJECTIONS))('%s says what it is and what to do', (_, sentence) => {
  expect(sentence).toMatch(/\b(upload|export)\b/i);
  expect(sentence).toMatch(/\.$/);
  expect(sentence).not.toMatch(/ffmpeg|ffprobe|codec_name|moov/);
});

it.each([
  ['container_not_allowed', false, 'This is a NUT video, not a video'],
  ['container_not_allowed', true, 'This is a NUT video, which we cannot read. Upload'],
  ['invalid_data', true, 'This is a NUT video, but it is damaged or incomplete. Check'],
  ['undecodable_video', true, 'This is a NUT video, but it is damaged or incomplete. Check'],
  ['too_long', true, REJECTIONS.too_long],
] as const)('names what the file is: %s, a video: %s', (code, isVideo, words) => {
  expect(rejection(code, { lookedLike: 'a NUT video', isVideo }).reason).toContain(words);
});

it('says how long a video is, and how long it may be', () => {
  expect(rejection('too_long', { lengths: { is: 46_800.2, atMost: 43_200 } }).reason).toBe(
    'This video is 13 h 1 s long; at most 12 h are allowed. Cut it into parts and upload those.',
  );
});

it('keeps the detail for the log out of the sentence', () => {
  expect(rejection('invalid_data', { detail: 'EBML header parsing failed' })).toEqual({
    code: 'invalid_data',
    reason: REJECTIONS.invalid_data,
    detail: 'EBML header parsing failed',
  });
});
