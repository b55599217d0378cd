/**
 * What a process counts, for Prometheus. Names follow its conventions: base units, `_total` for counters. Every series is
 * there from the start, at zero: an alert on a series that does not exist yet never fires.
 *
 * Whatever begins is handed a recording that ends once, however often it is told to: so started minus ended is always
 * the number that runs, in every label.
 */
import { Registry } from 'prom-client';
import { createJobMetrics, type JobLabels, type JobMetrics } from './metrics-jobs.ts';
import { createUploadMetrics, type UploadMetrics } from './metrics-uploads.ts';

/** What the uploader, the handlers, the consumer and the API tell. */
export interface Metrics extends UploadMetrics, JobMetrics {
  readonly registry: Registry;
}

/**
 * Makes a registry and what fills it. Nothing is shared between two of them.
 *
 * @param labels of jobs, for a process that runs any.
 */
export function createMetrics({ jobTypes = [], steps = [] }: Partial<JobLabels> = {}): Metrics {
  const registry = new Registry();
  return { registry, ...createUploadMetrics(registry), ...createJobMetrics(registry, { jobTypes, steps }) };
}
