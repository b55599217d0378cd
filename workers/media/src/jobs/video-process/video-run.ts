/** What the steps of one run of a `video.process` job share. */
import type { Log } from '@supabase-media/core/log';
import type { RunStep } from '@supabase-media/core/step-runner';
import type { OutputSpace } from '@supabase-media/media/output-space';
import type { ConvertPlan } from '@supabase-media/media/plan';
import type { MediaSettings } from '@supabase-media/media/settings';
import type { JobContext } from '@supabase-media/queue/job-type';
import type { ObjectInfo } from '@supabase-media/storage/object-info';
import type { Reservation } from '../../work-disk/admission.ts';
import type { RunDirectory } from '../../work-disk/work-directory.ts';
import type { WorkerServices } from '../worker-job-type.ts';
import type { VideoProcessPayload } from './contract.ts';
import type { JobStep, Steps } from './steps.ts';

/** One attempt at one job. */
export interface VideoRun {
  readonly services: WorkerServices;
  readonly payload: VideoProcessPayload;
  readonly context: JobContext;
  readonly settings: MediaSettings;
  /** As Storage has it at the start of the run. */
  readonly source: ObjectInfo;
  readonly runDirectory: RunDirectory;
  readonly reservation: Reservation;
  readonly space: OutputSpace;
  readonly steps: Steps;
  readonly runStep: RunStep<JobStep>;
  /** Told the plan, which changes what share of the whole each step has. */
  readonly onPlan: (plan: ConvertPlan) => void;
  /** Resolves when no more progress will be written. */
  readonly endProgress: () => Promise<void>;
  readonly log: Log;
}
