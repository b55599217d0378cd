/** What the consumer tells of its jobs; `packages/service` counts it for Prometheus. */

/** How one start of a job ended, besides the outcomes that its handler returns. */
export type FailedOutcome = 'canceled' | 'failed' | 'retried' | 'returned';

/** One start of a job. */
export interface JobRecording {
  readonly stepStarted: (step: string) => { readonly ended: (outcome: 'done' | 'failed' | 'stopped') => void };
  readonly ended: (outcome: FailedOutcome | 'processed' | 'rejected' | 'remuxed') => void;
}

export interface JobRecorder {
  readonly jobStarted: () => JobRecording;
  readonly jobStalled: () => void;
  readonly lockLost: () => void;
}

/** Counts nothing. */
export const NO_RECORDER: JobRecorder = {
  jobStarted: () => ({ stepStarted: () => ({ ended: () => {} }), ended: () => {} }),
  jobStalled: () => {},
  lockLost: () => {},
};
