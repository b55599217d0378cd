import { describe, expect, it } from 'vitest';
import { mediaInfo } from '../test/support/media-info-fixture.ts';
import { fileSteps } from './file-steps.ts';
import { OUTPUT_KINDS } from './outputs/catalog.ts';
import { type ConvertPlan, planProcessing } from './plan/plan.ts';

describe('the numbered steps', () => {
  const plan = planProcessing(mediaInfo()) as ConvertPlan;
  const unknown = () => undefined;

  it('are those that the outputs need', () => {
    const names = (outputs: readonly string[]) => fileSteps({ outputs, plan: unknown }).map(({ name }) => name);
    expect(names(['video', 'poster'])).toEqual(['probe', 'plan', 'encode']);
    expect(names(OUTPUT_KINDS)).toEqual(['probe', 'plan', 'encode', 'derive']);
  });

  it('know from the plan on that a copy takes no time, and tells of no other step', () => {
    let known: ConvertPlan | undefined;
    const encode = fileSteps({ outputs: ['hls'], plan: () => known }).find((step) => step.name === 'encode');
    const before = encode?.weight ?? 0;
    expect(encode?.kind).toBe('work');
    known = plan;
    expect(encode?.weight).toBeLessThan(before / 5);
    expect(encode?.kind).toBe('other');
  });
});
