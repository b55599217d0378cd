/** What a job in the queue carries: the payload of its producer, and our own notes beside it. Pure. */
/** Our notes. */
export interface JobNotes {
  /** How many starts the job had had when it last got on, or was given back: later ones made no progress. */
  readonly startsAtProgress: number;
  /** Names the request that made the job, so that its producer can tell it from one that was there before. */
  readonly request?: string | undefined;
  /** What the last run had done, in the handler's own terms. */
  readonly checkpoint?: unknown;
}

/** The name under which the notes stand in the job's data; no payload has it. */
export const NOTES = 'worker';

/** Reads the notes of a job's data; a job that was never started has none. */
export function readNotes(data: unknown): JobNotes {
  const notes = (data as Readonly<Record<string, unknown>> | null)?.[NOTES] as Partial<StoredNotes> | undefined;
  return {
    startsAtProgress: Number(notes?.startsAtProgress ?? 0),
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
