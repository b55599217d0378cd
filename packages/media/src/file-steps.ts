/** The numbered steps on a file, and their usual shares of the time. Pure. */
import type { StepDefinition } from '@supabase-media/core/step-runner';
import { outputsOf } from './outputs/catalog.ts';
import type { ConvertPlan } from './plan/plan.ts';

export type FileStep = 'probe' | 'plan' | 'encode' | 'derive';

export interface FileStepsOptions {
  /** What is to be made. */
  readonly outputs: readonly string[];
  /** The plan, once it is made: a video that is copied takes no time. */
  readonly plan: () => ConvertPlan | undefined;
}

type Steps<Name extends string> = readonly (StepDefinition & { readonly name: Name })[];

/** Probe, plan, encode; and derive, where something is made of the MP4 after it. */
export function fileSteps({ outputs, plan }: FileStepsOptions): Steps<FileStep> {
  // The MP4 is made in any case.
  const encoded = outputsOf(['video', ...outputs], 'encode');
  const derived = outputsOf(outputs, 'derive');
  return [
    { name: 'probe', title: 'Probing', weight: 1 },
    { name: 'plan', title: 'Planning', weight: 1 },
    {
      name: 'encode',
      title: 'Encoding',
      // How fast a disk copies says nothing of an encoder.
      get kind() {
        return plan()?.video === 'copy' ? 'other' : 'work';
      },
      get weight() {
        return encoded.reduce((sum, output) => sum + output.weight(plan()), 0);
      },
    },
    ...(derived.length === 0
      ? []
      : [
          {
            name: 'derive' as const,
            title: `Making ${derived.map(({ kind }) => kind).join(', ')} from the video`,
            get weight() {
              return Math.max(
                1,
                derived.reduce((sum, output) => sum + output.weight(plan()), 0),
              );
            },
          },
        ]),
  ];
}
