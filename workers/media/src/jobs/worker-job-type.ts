/** A job type as this worker has it: what the queue needs, and what the type adds to configuration and documents. */

import type { ErrorPolicy } from '@supabase-media/core/errors';
import type { Log } from '@supabase-media/core/log';
import type { Videos } from '@supabase-media/database/videos';
import type { MediaTools } from '@supabase-media/media/tools';
import type { JobType } from '@supabase-media/queue/job-type';
import type { Metrics } from '@supabase-media/service/metrics';
import type { VariableTable } from '@supabase-media/service/settings-table';
import type { StorageConnection } from '@supabase-media/storage/connection';
import type { Config } from '../config.ts';
import type { Admission } from '../work-disk/admission.ts';
import type { Slots } from '../work-disk/slots.ts';

/** What a worker has opened for its jobs. */
export interface WorkerServices {
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

/** The values of variables by name, each checked by its schema; one that is not set is missing. */
export type VariableValues = Readonly<Record<string, unknown>>;

/** One line of the catalog. Loaded with every command, so what does the work is imported by `open`. */
export interface WorkerJobType {
  readonly name: string;
  /** Variables that only this type reads; they join the worker's table, `.env.example` and the documents. */
  readonly variables?: VariableTable;
  /** What is wrong with its variables together, each as one sentence. */
  readonly findProblems?: (values: VariableValues) => readonly string[];
  /** Its own error codes; they join `docs/errors.md`. */
  readonly errors?: Readonly<Record<string, ErrorPolicy>>;
  readonly open: (services: WorkerServices) => Promise<JobType>;
}
