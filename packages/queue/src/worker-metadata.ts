/** What a job in the queue carries: the payload of its producer, and the workers' metadata beside it. Pure. */
import { randomUUID } from 'node:crypto';
import { createSeal } from '@supabase-media/core/seal';
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

const storedProgress = z.object({ source: z.string().max(10_000), stage: z.number().min(0).max(1000) });

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

/** Of a job in which no worker noted anything. */
const NOTHING = { startsAtProgress: 0, deferrals: 0 } as const;

/** What only a worker writes. No honest number comes near these. */
const notes = z.object({
  startsAtProgress: z.int().min(0).max(1_000_000),
  deferrals: z.int().min(0).max(1_000_000),
  furthest: storedProgress.optional(),
  checkpoint: z.unknown().optional(),
});

/** As it stands in the queue. Notes are text: PostgreSQL's jsonb would give them back with their keys in another order. */
const stored = z.object({
  request: z.string().max(100).optional(),
  notes: z.string().optional(),
  /** Of the notes, the job's id and its payload: {@link MetadataSeal}. */
  mac: z.string().optional(),
  /** Of a release that wrote its notes without a proof. */
  startsAtProgress: z.unknown().optional(),
});

/** Proves that a worker with the same secret wrote the notes, for this job and this payload. */
export interface MetadataSeal {
  readonly sign: (jobId: string, payload: object, notes: string) => string;
  readonly isGenuine: (jobId: string, payload: object, notes: string, mac: string | undefined) => boolean;
}

/**
 * Whoever can write to the queue could otherwise tell a worker which files to read, remove and publish.
 *
 * @param secret that workers have and producers need not have.
 */
export function createMetadataSeal(secret: string): MetadataSeal {
  const seal = createSeal(secret, 'worker metadata of a job');
  return {
    sign: (jobId, payload, text) => seal.sign([jobId, payload, text]),
    isGenuine: (jobId, payload, text, mac) => seal.isGenuine([jobId, payload, text], mac),
  };
}

/** For a worker: what of a job's metadata is genuine. */
export function readGenuineMetadata(
  job: { readonly id?: string | undefined; readonly data: unknown; readonly attemptsStarted: number },
  payload: object,
  seal: MetadataSeal,
): WorkerMetadata & { readonly isForged: boolean } {
  const { notes: text, mac, startsAtProgress: earlier } = readStored(job.data);
  const isForged = text === undefined ? earlier !== undefined : !seal.isGenuine(String(job.id), payload, text, mac);
  const read = readWorkerMetadata(job.data);
  const starts = Math.max(0, job.attemptsStarted);
  // Genuine notes of an earlier job of this id name starts that this one has not had: they would allow it as many more.
  if (!isForged) return { ...read, startsAtProgress: Math.min(read.startsAtProgress, starts), isForged };
  // As many starts as it had: it is not given up because a key was changed.
  return { request: read.request, startsAtProgress: Math.max(0, starts - 1), deferrals: 0, isForged };
}

/** For display and for producers, which cannot tell whether it is genuine. A job that was never started may have none. */
export function readWorkerMetadata(data: unknown): WorkerMetadata {
  const { request, notes: text } = readStored(data);
  return { ...(text === undefined ? NOTHING : (notes.safeParse(parseJson(text)).data ?? NOTHING)), request };
}

const readStored = (data: unknown): z.infer<typeof stored> =>
  stored.safeParse((data as Readonly<Record<string, unknown>> | null)?.[METADATA_KEY]).data ?? {};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A job's data without the metadata: what its producer sent. */
export function readProducerData(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return data;
  const { [METADATA_KEY]: _, ...payload } = data as Record<string, unknown>;
  return payload;
}

/** The data of a job that nobody has started. */
export const newJobData = (payload: object, { request }: Pick<WorkerMetadata, 'request'> = newMetadata()): object => ({
  ...payload,
  [METADATA_KEY]: { request },
});

/** The data of a job with a worker's notes. */
export function withWorkerMetadata(
  jobId: string,
  payload: object,
  { request, ...rest }: WorkerMetadata,
  seal: MetadataSeal,
): object {
  const text = JSON.stringify(rest);
  return { ...payload, [METADATA_KEY]: { request, notes: text, mac: seal.sign(jobId, payload, text) } };
}
