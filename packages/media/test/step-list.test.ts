import { describe, expect, it } from 'vitest';
import { OUTPUT_KINDS } from '../src/plan/outputs.ts';
import { type ConvertPlan, planProcessing } from '../src/plan/plan.ts';
import { fileSteps, jobSteps } from '../src/steps/step-list.ts';
import { mediaInfo } from './support/media-info-fixture.ts';

describe('the numbered steps', () => {
  const plan = planProcessing(mediaInfo()) as ConvertPlan;
  const names = (steps: readonly { readonly name: string }[]) => steps.map((step) => step.name);

  it('are those that the outputs need', () => {
    const short = ['download', 'probe', 'plan', 'encode', 'publish', 'record'];
    expect(names(jobSteps(['video', 'poster'], () => undefined))).toEqual(short);
    expect(names(jobSteps(OUTPUT_KINDS, () => undefined))).toEqual([
      ...short.slice(0, 5),
      'derive',
      'upload',
      'record',
    ]);
    expect(names(fileSteps(['video'], () => undefined))).toEqual(['probe', 'plan', 'encode']);
  });

  it('publish the video before 0.65 of the whole', () => {
    const steps = jobSteps(OUTPUT_KINDS, () => undefined);
    const weight = (some: typeof steps) => some.reduce((sum, step) => sum + step.weight, 0);
    expect(weight(steps.slice(0, 5)) / weight(steps)).toBeLessThan(0.65);
  });

  it('know from the plan on that a copy takes no time', () => {
    let known: ConvertPlan | undefined;
    const encode = fileSteps(OUTPUT_KINDS, () => known).find((step) => step.name === 'encode');
    const before = encode?.weight ?? 0;
    known = plan;
    expect(encode?.weight).toBeLessThan(before / 5);
  });
});
