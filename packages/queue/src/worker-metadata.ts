/** What a job in the queue carries: the payload of its producer, and the workers' metadata beside it. Pure. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { JobProgress, JobType } from './job-type.ts';

export interface WorkerMetadata {
  /** How many starts the job had had when it last made progress, or was given back: later ones made none. */
  readonly startsAtProgress: number;
  /** How often in a row it was deferred for an infrastructure failure. */
  readonly deferrals: number;
  /** The furthest that any run of it came. */
  readonly furthest?: JobProgress | undefined;
  /**
   * Names the request that made the job, or ran it again: its producer tells it from one that was there before, and its
   * end from that of an earlier request. A job from a producer in another language gets it at its first start.
   */
  readonly request?: string | undefined;
  /** What the last run had done, in the handler's own terms. */
  readonly checkpoint?: unknown;
}

/** Of a job that nobody has started. */
export const newMetadata = () =>
  ({ startsAtProgress: 0, deferrals: 0, request: randomUUID() }) satisfies WorkerMetadata;

const storedProgress = z.object({ source: z.string(), stage: z.number() });

const ONE_STAGE: JobProgress = { source: '', stage: 0 };

/**
 * The metadata of a job of which a run keeps a checkpoint. Progress is only what comes further than every run before: a
 * run that begins with an empty disk keeps its download, too, and the next one that the job kills has done the same.
 *
 * @param options.starts of the job so far, this one included.
 */
export function keepCheckpoint(
  metadata: WorkerMetadata,
  checkpoint: object,
  { starts, type }: { readonly starts: number; readonly type: Pick<JobType, 'progressOf'> },
): WorkerMetadata {
  const progressOf = (value: unknown) => type.progressOf?.(value) ?? ONE_STAGE;
  const now = progressOf(checkpoint);
  const before = metadata.furthest ?? (metadata.checkpoint === undefined ? undefined : progressOf(metadata.checkpoint));
  if (before !== undefined && before.source === now.source && before.stage >= now.stage)
    return { ...metadata, furthest: before, checkpoint };
  return { ...metadata, startsAtProgress: starts, deferrals: 0, furthest: now, checkpoint };
}

/** The name under which the metadata stands in the job's data; no payload has it. */
const METADATA_KEY = 'worker';

/** Reads the metadata of a job's data; a job that was never started may have none. */
export function readWorkerMetadata(data: unknown): WorkerMetadata {
  const metadata = (data as Readonly<Record<string, unknown>> | null)?.[METADATA_KEY] as
    | Partial<StoredMetadata>
    | undefined;
  return {
    startsAtProgress: Number(metadata?.startsAtProgress ?? 0),
    deferrals: Number(metadata?.deferrals ?? 0),
    furthest: storedProgress.safeParse(metadata?.furthest).data,
    request: metadata?.request,
    checkpoint: typeof metadata?.checkpoint === 'string' ? JSON.parse(metadata.checkpoint) : undefined,
  };
}

/** As it stands in the queue: PostgreSQL's jsonb would give a checkpoint back with its keys in another order. */
type StoredMetadata = Omit<WorkerMetadata, 'checkpoint'> & { readonly checkpoint?: string | undefined };

/** A job's data without the metadata: what its producer sent. */
export function readProducerData(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return data;
  const { [METADATA_KEY]: _, ...payload } = data as Record<string, unknown>;
  return payload;
}

/** The data of a job of ours. */
export function withWorkerMetadata(payload: object, { checkpoint, ...metadata }: WorkerMetadata): object {
  const stored: StoredMetadata = {
    ...metadata,
    ...(checkpoint === undefined ? {} : { checkpoint: JSON.stringify(checkpoint) }),
  };
  return { ...payload, [METADATA_KEY]: stored };
}
