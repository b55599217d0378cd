/** What a job in the queue carries: the payload of its producer, and our own notes beside it. Pure. */
import { z } from 'zod';

/** Our notes. */
export interface WorkerMetadata {
  /** How many starts the job had had when it last got on, or was given back: later ones made no progress. */
  readonly startsAtProgress: number;
  /** How often in a row it was put off since the place was to blame. */
  readonly deferrals: number;
  /** The furthest that any run of it came. */
  readonly furthest?: Reached | undefined;
  /** Names the request that made the job, so that its producer can tell it from one that was there before. */
  readonly request?: string | undefined;
  /** What the last run had done, in the handler's own terms. */
  readonly checkpoint?: unknown;
}

/** Of a job that nobody has started. */
export const NEW_METADATA: WorkerMetadata = { startsAtProgress: 0, deferrals: 0 };

/** How far a run came. */
export type Reached = z.infer<typeof reached>;

const reached = z.object({
  /** The content it works on: SHA-256, 64 hex digits. */
  source: z.string(),
  /** A place in {@link STAGES}. */
  stage: z.number(),
});

/** What a checkpoint has, in the order in which it comes to be; a later one has what the earlier ones had. */
const STAGES = ['source', 'encoded', 'published', 'derived'];

function reachedBy(checkpoint: unknown): Reached {
  const kept = (checkpoint ?? {}) as Readonly<Record<string, unknown>>;
  const source = (kept.source as { readonly sha256?: unknown } | undefined)?.sha256;
  return { source: String(source ?? ''), stage: STAGES.findLastIndex((name) => kept[name] !== undefined) };
}

/**
 * The notes of a job of which a run keeps a checkpoint. Progress is only what comes further than every run before: one
 * that begins with an empty disk keeps its download, too, and the next one that dies of the video has done the same.
 *
 * @param starts of the job so far, this one included.
 */
export function keepCheckpoint(metadata: WorkerMetadata, checkpoint: object, starts: number): WorkerMetadata {
  const now = reachedBy(checkpoint);
  const before = metadata.furthest ?? (metadata.checkpoint === undefined ? undefined : reachedBy(metadata.checkpoint));
  if (before !== undefined && before.source === now.source && before.stage >= now.stage)
    return { ...metadata, furthest: before, checkpoint };
  return { ...metadata, startsAtProgress: starts, deferrals: 0, furthest: now, checkpoint };
}

/** The name under which the notes stand in the job's data; no payload has it. */
export const METADATA_KEY = 'worker';

/** Reads the notes of a job's data; a job that was never started has none. */
export function readWorkerMetadata(data: unknown): WorkerMetadata {
  const metadata = (data as Readonly<Record<string, unknown>> | null)?.[METADATA_KEY] as
    | Partial<StoredMetadata>
    | undefined;
  return {
    startsAtProgress: Number(metadata?.startsAtProgress ?? 0),
    deferrals: Number(metadata?.deferrals ?? 0),
    furthest: reached.safeParse(metadata?.furthest).data,
    request: metadata?.request,
    checkpoint: typeof metadata?.checkpoint === 'string' ? JSON.parse(metadata.checkpoint) : undefined,
  };
}

/** The notes as they stand in the queue: PostgreSQL's jsonb would give a checkpoint back with its keys in another order. */
type StoredMetadata = Omit<WorkerMetadata, 'checkpoint'> & { readonly checkpoint?: string | undefined };

/** A job's data without the notes: what its producer sent. */
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
