/** The numbered steps and their usual shares of the time. Pure. */

import type { StepDefinition } from '@supabase-media/core/step-runner';
import type { OutputKind } from '../plan/outputs.ts';
import type { ConvertPlan } from '../plan/plan.ts';
import { isDerived } from './derive.ts';

export type FileStep = 'probe' | 'plan' | 'encode' | 'derive';
export type JobStep = 'download' | FileStep | 'publish' | 'upload' | 'record';

/** Every step that a job may have. */
export const JOB_STEPS: readonly JobStep[] = [
  'download',
  'probe',
  'plan',
  'encode',
  'publish',
  'derive',
  'upload',
  'record',
];

/** The plan, once it is made. */
type PlanSoFar = () => ConvertPlan | undefined;

/**
 * Shares of a minute of 1080p that is encoded (measured on 2 cores): the MP4 takes a little more than the two lower rungs
 * of HLS. A video that is copied leaves almost all of the time to the ladder; that is known from the third step on.
 */
const ENCODE_WEIGHT = { encode: 46, copy: 3 } as const;
const HLS_WEIGHT = 36;
/** Storyboard alone: key frames are decoded, nothing is encoded. */
const STORYBOARD_WEIGHT = 2;

type Steps<Name extends string> = readonly (StepDefinition & { readonly name: Name })[];

/** The steps on a file of this machine. */
export function fileSteps(outputs: readonly OutputKind[], plan: PlanSoFar): Steps<FileStep> {
  return [...beforeDerive(plan), ...derive(outputs)];
}

/** The steps of a job. What is derived is made after the MP4 was published, and uploaded by a step of its own. */
export function jobSteps(outputs: readonly OutputKind[], plan: PlanSoFar): Steps<JobStep> {
  const derived = derive(outputs);
  return [
    { name: 'download', title: 'Downloading the source', weight: 7 },
    ...beforeDerive(plan),
    { name: 'publish', title: 'Uploading the video', weight: 6 },
    ...derived,
    ...(derived.length === 0 ? [] : [{ name: 'upload' as const, title: 'Uploading assets', weight: 6 }]),
    { name: 'record', title: 'Recording the result', weight: 1 },
  ];
}

function beforeDerive(plan: PlanSoFar): Steps<'probe' | 'plan' | 'encode'> {
  return [
    { name: 'probe', title: 'Probing', weight: 1 },
    { name: 'plan', title: 'Planning', weight: 1 },
    {
      name: 'encode',
      title: 'Encoding',
      get weight() {
        return ENCODE_WEIGHT[plan()?.video ?? 'encode'];
      },
    },
  ];
}

function derive(outputs: readonly OutputKind[]): Steps<'derive'> {
  if (!outputs.some(isDerived)) return [];
  const hls = outputs.includes('hls');
  const title = hls ? 'Making storyboard and HLS from the video' : 'Making the storyboard from the video';
  return [{ name: 'derive', title, weight: hls ? HLS_WEIGHT : STORYBOARD_WEIGHT }];
}
