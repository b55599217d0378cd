import { OUTPUT_KINDS } from '@supabase-media/media/outputs';
import { expect, it } from 'vitest';
import { JOB_STEPS, jobSteps } from './steps.ts';

const stepsFor = (outputs: readonly string[]) => jobSteps({ outputs, plan: () => undefined });

it('has the steps that the outputs need', () => {
  const short = ['download', 'probe', 'plan', 'encode', 'publish', 'record'];
  expect(stepsFor(['video', 'poster']).map(({ name }) => name)).toEqual(short);
  expect(JOB_STEPS).toEqual([...short.slice(0, 5), 'derive', 'upload', 'record']);
});

it('publishes the video before 0.65 of the whole', () => {
  const steps = stepsFor(OUTPUT_KINDS);
  const weight = (some: typeof steps) => some.reduce((sum, step) => sum + step.weight, 0);
  expect(weight(steps.slice(0, 5)) / weight(steps)).toBeLessThan(0.65);
});
