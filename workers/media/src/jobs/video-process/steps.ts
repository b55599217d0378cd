/** The numbered steps of a job, and their usual shares of the time. Pure. */
import type { StepDefinition } from '@supabase-media/core/step-runner';
import { type FileStep, type FileStepsOptions, fileSteps } from '@supabase-media/media/file-steps';
import { OUTPUT_KINDS } from '@supabase-media/media/outputs';

export type JobStep = 'download' | FileStep | 'publish' | 'upload' | 'record';

type Steps = readonly (StepDefinition & { readonly name: JobStep })[];

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

/** Every step that a job may have. */
export const JOB_STEPS: readonly JobStep[] = jobSteps({ outputs: OUTPUT_KINDS, plan: () => undefined }).map(
  ({ name }) => name,
);
