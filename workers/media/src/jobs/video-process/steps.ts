/** The numbered steps of a job, and their usual shares of the time. Pure. */
import type { StepDefinition } from '@supabase-media/core/step-runner';
import { type FileStep, type FileStepsOptions, fileSteps } from '@supabase-media/media/file-steps';
import { OUTPUT_KINDS } from '@supabase-media/media/outputs';

export type JobStep = 'download' | FileStep | 'publish' | 'upload' | 'record';

export type Steps = readonly (StepDefinition & { readonly name: JobStep })[];

/** What is derived is made after the MP4 was published, and uploaded by a step of its own. */
export function jobSteps(options: FileStepsOptions): Steps {
  const onFile = fileSteps(options);
  const derived = onFile.filter(({ name }) => name === 'derive');
  return [
    { name: 'download', title: 'Downloading the source', weight: 7, kind: 'transfer' },
    ...onFile.filter(({ name }) => name !== 'derive'),
    { name: 'publish', title: 'Uploading the video', weight: 6, kind: 'transfer' },
    ...derived,
    ...derived.map(() => ({ name: 'upload', title: 'Uploading assets', weight: 6, kind: 'transfer' }) as const),
    { name: 'record', title: 'Recording the result', weight: 1 },
  ];
}

/** How much of a job is over when so much of a step is, as the steps usually take; in percent. */
export function percentOf(steps: Steps, name: JobStep, done: number): number {
  const index = steps.findIndex((step) => step.name === name);
  const sum = (some: Steps) => some.reduce((total, { weight }) => total + weight, 0);
  return (100 * (sum(steps.slice(0, index)) + (steps[index]?.weight ?? 0) * done)) / sum(steps);
}

/** Every step that a job may have. */
export const JOB_STEPS: readonly JobStep[] = jobSteps({ outputs: OUTPUT_KINDS, plan: () => undefined }).map(
  ({ name }) => name,
);
