/** Results, from the run's directory to their keys in Storage. */
import type { PublishedOutput } from '@supabase-media/client/contract';
import { describeOutputs } from '@supabase-media/media/steps/describe';
import type { LocalOutput } from '@supabase-media/media/steps/local-output';
import { openResumeStore } from '@supabase-media/storage/resume-store';
import { publishOutputs } from './publish.ts';
import type { VideoRun } from './video-run.ts';

export interface PublishResultsOptions {
  /** `publish` for the MP4 and its poster, `upload` for what was derived from it. */
  readonly step: 'publish' | 'upload';
  /** The folder in the bucket. */
  readonly prefix: string;
  readonly outputs: readonly LocalOutput[];
}

/** @throws {MediaError} as `publishOutputs` does. */
export function publishResults(run: VideoRun, options: PublishResultsOptions): Promise<readonly PublishedOutput[]> {
  const { step, prefix, outputs } = options;
  const { config, storage, metrics, slots } = run.services;
  const { signal } = run.context;
  return slots.transfers.run(signal, () =>
    run.runStep(step, async (report) => {
      const value = await publishOutputs({
        connection: storage,
        policy: config.upload,
        resumeStore: openResumeStore(config.upload.stateDir),
        bucket: config.resultBucket,
        prefix,
        outputs,
        signal,
        log: run.log,
        metrics,
        onProgress: (sent, total) => report(sent / total),
      });
      return { value, summary: `${describeOutputs(outputs)} in ${config.resultBucket}` };
    }),
  );
}
