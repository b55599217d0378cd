/**
 * The `videos` table: the truth about a video. Every write says what it sets and nothing else, and may be repeated.
 * Transient failures are retried here, because a result that is not recorded is a result nobody sees.
 */
import type { PublishedOutput } from '../queue/contract.ts';
import { retry } from '../retry/retry.ts';
import { type Database, type DatabaseRefusal, toDatabaseError } from './database.ts';

const TABLE = 'videos';

export type VideoStatus = 'queued' | 'processing' | 'ready' | 'rejected' | 'failed' | 'canceled';

/** One row, as people and programs read it. */
export interface VideoRow {
  readonly id: string;
  readonly owner_id: string | null;
  readonly project: string;
  readonly source_bucket: string;
  readonly source_path: string;
  readonly source_size: number | null;
  readonly source_sha256: string | null;
  readonly status: VideoStatus;
  readonly step: string | null;
  readonly progress: number;
  readonly outcome: string | null;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly outputs: readonly PublishedOutput[];
  readonly job_id: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
}

/** A video as a producer names it. */
export interface VideoIdentity {
  readonly id: string;
  readonly ownerId?: string | undefined;
  readonly project: string;
  readonly sourceBucket: string;
  readonly sourcePath: string;
}

/** How a video ended. */
export interface VideoEnding {
  readonly status: Extract<VideoStatus, 'ready' | 'rejected' | 'failed' | 'canceled'>;
  readonly outcome?: string | undefined;
  readonly errorCode?: string | undefined;
  readonly errorMessage?: string | undefined;
  readonly facts?: Readonly<Record<string, unknown>> | undefined;
  readonly outputs?: readonly PublishedOutput[] | undefined;
}

/** What the rest of the worker may do with the table. */
export interface Videos {
  /** Makes the row, or takes it back to the queue; what an earlier run measured is forgotten. */
  readonly markQueued: (video: VideoIdentity, jobId: string) => Promise<void>;
  readonly markProcessing: (video: VideoIdentity, jobId: string) => Promise<void>;
  readonly recordSource: (id: string, source: { size: number; sha256: string }) => Promise<void>;
  /** Never throws: progress is a nudge, and the next one says more. */
  readonly recordProgress: (id: string, step: string, percent: number, signal?: AbortSignal) => Promise<void>;
  /** Back in the queue, with what went wrong so far. */
  readonly recordWaiting: (id: string, errorCode: string, errorMessage: string) => Promise<void>;
  /** What can be watched already while the rest is made; the status stays `processing`. */
  readonly recordPublished: (id: string, outputs: readonly PublishedOutput[]) => Promise<void>;
  readonly recordEnding: (id: string, ending: VideoEnding) => Promise<void>;
  readonly find: (id: string) => Promise<VideoRow | undefined>;
}

const RETRIES = 5;

type Answer<T> = { data: T; error: DatabaseRefusal | null };

const ask = <T>(action: string, request: () => PromiseLike<Answer<T>>, retries = RETRIES): Promise<T> =>
  retry(
    async () => {
      const { data, error } = await request();
      if (error !== null) throw toDatabaseError(error, action);
      return data;
    },
    { retries, baseMs: 500 },
  );

const now = () => new Date().toISOString();

const identityColumns = (video: VideoIdentity, jobId: string) => ({
  id: video.id,
  project: video.project,
  source_bucket: video.sourceBucket,
  source_path: video.sourcePath,
  job_id: jobId,
  ...(video.ownerId === undefined ? {} : { owner_id: video.ownerId }),
});

const FRESH = { step: null, progress: 0, outcome: null, error_code: null, error_message: null, finished_at: null };

/** Opens the table on a database. */
export const openVideos = (database: Database): Videos => ({
  markQueued: async (video, jobId) => {
    const row = { ...identityColumns(video, jobId), ...FRESH, status: 'queued', started_at: null };
    await ask(`Queueing video ${video.id}`, () => database.from(TABLE).upsert(row));
  },

  markProcessing: async (video, jobId) => {
    const row = { ...identityColumns(video, jobId), ...FRESH, status: 'processing', started_at: now() };
    await ask(`Starting video ${video.id}`, () => database.from(TABLE).upsert(row));
  },

  recordSource: async (id, source) => {
    const columns = { source_size: source.size, source_sha256: source.sha256 };
    await ask(`Recording the source of ${id}`, () => database.from(TABLE).update(columns).eq('id', id));
  },

  recordProgress: async (id, step, percent, signal) => {
    const columns = { step, progress: Math.min(99, Math.max(0, Math.floor(percent))) };
    const update = database.from(TABLE).update(columns).eq('id', id).eq('status', 'processing');
    await (signal === undefined ? update : update.abortSignal(signal));
  },

  recordWaiting: async (id, errorCode, errorMessage) => {
    const columns = { status: 'queued', step: null, progress: 0, error_code: errorCode, error_message: errorMessage };
    const update = () => database.from(TABLE).update(columns).eq('id', id).eq('status', 'processing');
    await ask(`Queueing video ${id} again`, update);
  },

  recordPublished: async (id, outputs) => {
    const update = () => database.from(TABLE).update({ outputs }).eq('id', id).eq('status', 'processing');
    await ask(`Recording the video of ${id}`, update);
  },

  recordEnding: async (id, ending) => {
    const columns = {
      status: ending.status,
      step: null,
      ...(ending.status === 'ready' ? { progress: 100 } : {}),
      outcome: ending.outcome ?? null,
      error_code: ending.errorCode ?? null,
      error_message: ending.errorMessage ?? null,
      ...(ending.facts === undefined ? {} : { facts: ending.facts }),
      ...(ending.outputs === undefined ? {} : { outputs: ending.outputs }),
      finished_at: now(),
    };
    await ask(`Recording the end of ${id}`, () => database.from(TABLE).update(columns).eq('id', id));
  },

  find: async (id) => {
    const rows = await ask(`Looking up video ${id}`, () => database.from(TABLE).select('*').eq('id', id).limit(1), 2);
    return (rows as VideoRow[] | null)?.[0];
  },
});
