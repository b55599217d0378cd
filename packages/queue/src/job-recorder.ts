/** What the consumer tells of its jobs; `packages/service` counts it for Prometheus. */

/** One start of a job. */
export interface JobRecording {
  readonly stepStarted: (step: string) => { readonly ended: (outcome: 'done' | 'failed' | 'stopped') => void };
  /** `canceled`, `failed`, `retried` or `returned`, or with what the job's type makes of its result. */
  readonly ended: (outcome: string) => void;
}

export interface JobRecorder {
  /** @param type the name of a type in the catalog. */
  readonly jobStarted: (type: string) => JobRecording;
  readonly jobStalled: () => void;
  readonly lockLost: () => void;
}

/** Counts nothing. */
export const NO_RECORDER: JobRecorder = {
  jobStarted: () => ({ stepStarted: () => ({ ended: () => {} }), ended: () => {} }),
  jobStalled: () => {},
  lockLost: () => {},
};
