import { describe, expect, it } from 'vitest';
import { mediaInfo } from '../../../test/support/media-info-fixture.ts';
import { type ConvertPlan, planProcessing } from '../../plan/plan.ts';
import { video } from '../video.ts';
import { USUAL_LADDER_SECONDS, weighLadder } from './weight.ts';

const base = planProcessing(mediaInfo()) as ConvertPlan;
const encodeTo = (width: number, height: number, more: Partial<ConvertPlan> = {}): ConvertPlan => ({
  ...base,
  video: 'encode',
  target: { width, height, fps: undefined },
  ...more,
});

describe('what the ladder takes beside the MP4', () => {
  it('is what was measured, of 1080p', () => {
    expect(weighLadder(encodeTo(1920, 1080))).toBeCloseTo(USUAL_LADDER_SECONDS, 0);
  });

  it('is next to nothing where no smaller rung is made', () => {
    expect(weighLadder(encodeTo(480, 320))).toBe(2);
  });

  it('is less than the MP4 of a source that is large, or HDR', () => {
    const large = { ...base.source, codedWidth: 3840, codedHeight: 2160 };
    const plan = encodeTo(1920, 1080, { source: large });
    expect(video.weight(plan)).toBeGreaterThan(1.8 * weighLadder(plan));
    const hdr = encodeTo(1920, 1080, { source: { ...base.source, hdr: 'hlg' } });
    expect(video.weight(hdr)).toBeGreaterThan(video.weight(encodeTo(1920, 1080)));
  });
});
