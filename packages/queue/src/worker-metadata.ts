/** What a job in the queue carries: the payload of its producer, and our own notes beside it. Pure. */
import { z } from 'zod';

/** Our notes. */
export interface JobNotes {
  /** How many starts the job had had when it last got on, or was given back: later ones made no progress. */
  readonly startsAtProgress: number;
  /** How often in a row it was put off since the place was to blame. */
  readonly putOffs: number;
  /** The furthest that any run of it came. */
  readonly furthest?: Reached | undefined;
  /** Names the request that made the job, so that its producer can tell it from one that was there before. */
  readonly request?: string | undefined;
  /** What the last run had done, in the handler's own terms. */
  readonly checkpoint?: unknown;
}

/** Of a job that nobody has started. */
export const NEW_NOTES: JobNotes = { startsAtProgress: 0, putOffs: 0 };

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
export function keepCheckpoint(notes: JobNotes, checkpoint: object, starts: number): JobNotes {
  const now = reachedBy(checkpoint);
  const before = notes.furthest ?? (notes.checkpoint === undefined ? undefined : reachedBy(notes.checkpoint));
  if (before !== undefined && before.source === now.source && before.stage >= now.stage)
    return { ...notes, furthest: before, checkpoint };
  return { ...notes, startsAtProgress: starts, putOffs: 0, furthest: now, checkpoint };
}

/** The name under which the notes stand in the job's data; no payload has it. */
export const NOTES = 'worker';

/** Reads the notes of a job's data; a job that was never started has none. */
export function readNotes(data: unknown): JobNotes {
  const notes = (data as Readonly<Record<string, unknown>> | null)?.[NOTES] as Partial<StoredNotes> | undefined;
  return {
    startsAtProgress: Number(notes?.startsAtProgress ?? 0),
    putOffs: Number(notes?.putOffs ?? 0),
    furthest: reached.safeParse(notes?.furthest).data,
    request: notes?.request,
    checkpoint: typeof notes?.checkpoint === 'string' ? JSON.parse(notes.checkpoint) : undefined,
  };
}

/** The notes as they stand in the queue: PostgreSQL's jsonb would give a checkpoint back with its keys in another order. */
type StoredNotes = Omit<JobNotes, 'checkpoint'> & { readonly checkpoint?: string | undefined };

/** A job's data without the notes: what its producer sent. */
export function readProducerData(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return data;
  const { [NOTES]: _, ...payload } = data as Record<string, unknown>;
  return payload;
}

/** The data of a job of ours. */
export function withNotes(payload: object, { checkpoint, ...notes }: JobNotes): object {
  const stored: StoredNotes = {
    ...notes,
    ...(checkpoint === undefined ? {} : { checkpoint: JSON.stringify(checkpoint) }),
  };
  return { ...payload, [NOTES]: stored };
}
