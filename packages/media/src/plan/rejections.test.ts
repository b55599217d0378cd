import { expect, it } from 'vitest';
import { REJECTIONS, rejection } from './rejections.ts';

it.each(Object.entries(REJECTIONS))('%s says what it is and what to do', (_, sentence) => {
  expect(sentence).toMatch(/\b(upload|export)\b/i);
  expect(sentence).toMatch(/\.$/);
  expect(sentence).not.toMatch(/ffmpeg|ffprobe|codec_name|moov/);
});

it('keeps the detail for the log out of the sentence', () => {
  expect(rejection('invalid_data', { detail: 'EBML header parsing failed' })).toEqual({
    code: 'invalid_data',
    reason: REJECTIONS.invalid_data,
    detail: 'EBML header parsing failed',
  });
});
