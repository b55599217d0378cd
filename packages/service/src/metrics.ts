/**
 * Prometheus metrics of a process. Names follow its conventions: base units, `_total` for counters. Every series exists
 * from the start, at zero: an alert on a series that does not exist yet never fires.
 *
 * Starting a job, step or upload returns a recording that can be ended only once, so started minus ended is always the
 * number that is running, for every label.
 */
import { Registry } from 'prom-client';
import { createJobMetrics, type JobLabels, type JobMetrics } from './metrics-jobs.ts';
import { createUploadMetrics, type UploadMetrics } from './metrics-uploads.ts';

/** Everything that the uploader, job handlers, consumer and API record. */
export interface Metrics extends UploadMetrics, JobMetrics {
  readonly registry: Registry;
}

/**
 * Creates a registry with its metrics. Two registries share nothing.
 *
 * @param options.steps the names of all job steps, for a process that runs jobs.
 */
export function createMetrics({ jobTypes = [], steps = [] }: Partial<JobLabels> = {}): Metrics {
  const registry = new Registry();
  return { registry, ...createUploadMetrics(registry), ...createJobMetrics(registry, { jobTypes, steps }) };
}
