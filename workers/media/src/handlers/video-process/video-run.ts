/** What the steps of one run of a `video.process` job share. */
import type { Config } from '../../config.ts';
import type { Videos } from '../../db/videos.ts';
import type { MediaTools } from '../../ffmpeg/tools.ts';
import type { Admission } from '../../io/admission.ts';
import type { Slots } from '../../io/slots.ts';
import type { RunDirectory } from '../../io/work-directory.ts';
import type { ConvertPlan } from '../../media/plan.ts';
import type { MediaSettings } from '../../media/settings.ts';
import type { Log } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { RunStep } from '../../observability/steps.ts';
import type { VideoProcessPayload } from '../../queue/contract.ts';
import type { JobContext } from '../../queue/job-runner.ts';
import type { JobStep } from '../../steps/step-list.ts';
import type { StorageConnection } from '../../storage/connection.ts';
import type { ObjectInfo } from '../../storage/object-info.ts';

/** What the handlers are made from. */
export interface VideoServices {
  readonly config: Config;
  readonly storage: StorageConnection;
  readonly videos: Videos;
  readonly tools: MediaTools;
  readonly metrics: Metrics;
  readonly admission: Admission;
  /** How much of each kind of work goes on at the same time in this process. */
  readonly slots: { readonly encodes: Slots; readonly transfers: Slots };
  readonly log: Log;
}

/** One run of one job, from its admission to its end. */
export interface VideoRun {
  readonly services: VideoServices;
  readonly payload: VideoProcessPayload;
  readonly context: JobContext;
  readonly settings: MediaSettings;
  /** As Storage has it at the start of the run. */
  readonly source: ObjectInfo;
  readonly place: RunDirectory;
  readonly runStep: RunStep<JobStep>;
  /** Told the plan, which changes what share of the whole each step has. */
  readonly onPlan: (plan: ConvertPlan) => void;
  /** Resolves when no progress is being written, and none will be. */
  readonly endProgress: () => Promise<void>;
  readonly log: Log;
}
