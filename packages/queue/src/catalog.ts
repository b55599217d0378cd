/** The job types that a consumer works, by name. */
import type { Job } from 'bullmq';
import { UnrecoverableError } from 'bullmq';
import { z } from 'zod';
import type { JobType } from './job-type.ts';
import { readProducerData } from './worker-metadata.ts';

/** A job with its type and its payload, which fits it. */
export interface KnownJob {
  readonly type: JobType;
  readonly payload: object;
}

export interface JobCatalog {
  readonly types: readonly JobType[];
  readonly find: (name: string) => JobType | undefined;
  /**
   * @throws {UnrecoverableError} for a job of no type here, a payload that does not fit, and an id that is not the one of
   * its payload: whoever writes to the queue chooses ids, and they become names of directories.
   */
  readonly read: (job: Pick<Job, 'name' | 'data' | 'id'>) => KnownJob;
}

/** @throws {Error} when two types have the same name: one of them would never be run. */
export function createCatalog(types: readonly JobType[]): JobCatalog {
  const byName = new Map(types.map((type) => [type.name, type]));
  if (byName.size !== types.length) throw new Error('Two job types have the same name.');
  return {
    types,
    find: (name) => byName.get(name),
    read: (job) => {
      const type = byName.get(job.name);
      if (type === undefined)
        throw new UnrecoverableError(
          `This worker has no job type "${job.name}", only ${[...byName.keys()].join(', ')}; ` +
            'if a newer worker has it, run the job again there (`media jobs retry`).',
        );
      const parsed = type.payload.safeParse(readProducerData(job.data));
      if (!parsed.success)
        throw new UnrecoverableError(`The job's payload is not one of ours: ${z.prettifyError(parsed.error)}`);
      const expected = type.jobId(parsed.data);
      if (job.id === expected) return { type, payload: parsed.data };
      throw new UnrecoverableError(
        `The job's id is ${JSON.stringify(job.id)}; of its payload it must be "${expected}". Add it again under that id.`,
      );
    },
  };
}
