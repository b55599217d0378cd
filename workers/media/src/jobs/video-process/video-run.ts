/** What the steps of one run of a `video.process` job share. */
import type { Log } from '@supabase-media/core/log';
import type { RunStep } from '@supabase-media/core/step-runner';
import type { Videos } from '@supabase-media/database/videos';
import type { ConvertPlan } from '@supabase-media/media/plan';
import type { MediaSettings } from '@supabase-media/media/settings';
import type { MediaTools } from '@supabase-media/media/tools';
import type { VideoProcessPayload } from '@supabase-media/queue/contract';
import type { JobContext } from '@supabase-media/queue/job-runner';
import type { Metrics } from '@supabase-media/service/metrics';
import type { StorageConnection } from '@supabase-media/storage/connection';
import type { ObjectInfo } from '@supabase-media/storage/object-info';
import type { Config } from '../../config.ts';
import type { Admission } from '../../work-disk/admission.ts';
import type { Slots } from '../../work-disk/slots.ts';
import type { RunDirectory } from '../../work-disk/work-directory.ts';
import type { JobStep } from './steps.ts';

/** What the worker gives to every job. */
export interface VideoServices {
  readonly config: Config;
  readonly storage: StorageConnection;
  readonly videos: Videos;
  readonly tools: MediaTools;
  readonly metrics: Metrics;
  readonly admission: Admission;
  /** Limits how much of each kind of work runs at the same time in this process. */
  readonly slots: { readonly encodes: Slots; readonly transfers: Slots };
  readonly log: Log;
}

/** One attempt at one job. */
export interface VideoRun {
  readonly services: VideoServices;
  readonly payload: VideoProcessPayload;
  readonly context: JobContext;
  readonly settings: MediaSettings;
  /** As Storage has it at the start of the run. */
  readonly source: ObjectInfo;
  readonly runDirectory: RunDirectory;
  readonly runStep: RunStep<JobStep>;
  /** Told the plan, which changes what share of the whole each step has. */
  readonly onPlan: (plan: ConvertPlan) => void;
  /** Resolves when no more progress will be written. */
  readonly endProgress: () => Promise<void>;
  readonly log: Log;
}
