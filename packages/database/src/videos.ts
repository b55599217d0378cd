/**
 * The `videos` table: the truth about a video. Every write says what it sets and nothing else, and may be repeated.
 * Transient failures are retried here, because a result that is not recorded is a result nobody sees.
 */

import { MediaError } from '@supabase-media/core/errors';
import type { PublishedOutput } from '@supabase-media/core/published-output';
import { retry } from '@supabase-media/core/retry';
import { type Database, type DatabaseRefusal, toDatabaseError } from './database.ts';
import type { VideoRow, VideoStatus } from './video-row.ts';

const TABLE = 'videos';

/** A video as a producer names it. */
export interface VideoIdentity {
  readonly id: string;
  readonly ownerId?: string | undefined;
  readonly project: string;
  readonly sourceBucket: string;
  readonly sourcePath: string;
  /** What the producer proved of the source; left out, the row keeps what it has. */
  readonly sourceProof?: SourceProof | undefined;
}

/** Size in bytes, ETag without quotes, SHA-256 in hex digits: each where it is known. `verified`: how it was compared. */
export interface SourceProof {
  readonly size?: number | undefined;
  readonly etag?: string | undefined;
  readonly sha256?: string | undefined;
  readonly verified?: string | undefined;
}

/** How a video is to wait. */
export interface QueueingOptions {
  /** Among the jobs of which priority; `normal` unless told. */
  readonly band?: 'high' | 'normal' | 'low' | undefined;
  /** As its uploader knows it; kept where there is none. */
  readonly fileName?: string | undefined;
  /** What its job is to be like (`outputs`, `profile`, `priority`), for whoever adds it; left out, the row's stays. */
  readonly request?: Readonly<Record<string, unknown>> | undefined;
}

/** The number that a video's job is to have in the queue, or why it may not wait: so many others of its owner do. */
export type QueuedAnswer =
  | { readonly kind: 'queued'; readonly priority: number }
  | { readonly kind: 'too_many_queued'; readonly queued: number };

/** How a video ended. */
export interface FinalStatus {
  readonly status: Extract<VideoStatus, 'ready' | 'rejected' | 'failed' | 'canceled'>;
  readonly outcome?: string | undefined;
  readonly errorCode?: string | undefined;
  readonly errorMessage?: string | undefined;
  readonly facts?: Readonly<Record<string, unknown>> | undefined;
  readonly outputs?: readonly PublishedOutput[] | undefined;
}

/** What was measured of a source: its size in bytes, and 64 hex digits. */
export interface SourceFacts {
  readonly size: number;
  readonly sha256: string;
}

/** What the rest of the worker may do with the table. */
export interface Videos {
  /**
   * Makes the row, or takes it back to the queue; what an earlier run measured is forgotten.
   *
   * @returns the number for its job, which gives its owner the turn that is due; one that waits already keeps its own.
   */
  readonly markQueued: (video: VideoIdentity, jobId: string, options?: QueueingOptions) => Promise<number>;
  /** As {@link markQueued}, unless so many other videos of its owner wait or run: counted and written in one step. */
  readonly markQueuedWithin: (maxQueued: number, ...video: Parameters<Videos['markQueued']>) => Promise<QueuedAnswer>;
  /**
   * The number for a job whose producer gave it no turn; the row waits with it. Undefined for a canceled or deleted video.
   *
   * @throws {MediaError} `database_refused` also where the migrations are older than this version.
   */
  readonly place: (
    video: VideoIdentity,
    jobId: string,
    options?: Pick<QueueingOptions, 'band'> & { readonly signal?: AbortSignal | undefined },
  ) => Promise<number | undefined>;
  /** Makes the row where there is none. @returns false when the video was canceled: then nothing is written. */
  readonly markProcessing: (video: VideoIdentity, jobId: string, signal?: AbortSignal) => Promise<boolean>;
  readonly recordSource: (id: string, source: SourceFacts, signal?: AbortSignal) => Promise<void>;
  /** Never throws: progress is a nudge, and the next one says more. */
  readonly recordProgress: (id: string, step: string, percent: number, signal?: AbortSignal) => Promise<void>;
  /** Back in the queue, with what went wrong so far. */
  readonly recordWaiting: (id: string, errorCode: string, errorMessage: string) => Promise<void>;
  /** What can be watched already while the rest is made; the status stays `processing`. */
  readonly recordPublished: (id: string, outputs: readonly PublishedOutput[], signal?: AbortSignal) => Promise<void>;
  /**
   * @returns false when the video was canceled or removed meanwhile, or had come to its end before it failed: then
   * nothing is written.
   */
  readonly recordFinalStatus: (id: string, ending: FinalStatus) => Promise<boolean>;
  /**
   * Changes the outputs of a finished video: from those that the row has, once more where another program was faster.
   *
   * @returns false where there is no such video, or it is not ready.
   */
  readonly changeOutputs: (
    id: string,
    change: (outputs: readonly PublishedOutput[]) => readonly PublishedOutput[],
  ) => Promise<boolean>;
  /** Cancels a video that waits or runs. @returns whether it did. */
  readonly cancel: (id: string) => Promise<boolean>;
  /** The status of each of these videos that has a row. */
  readonly findStatuses: (ids: readonly string[], signal?: AbortSignal) => Promise<ReadonlyMap<string, VideoStatus>>;
  /** Undefined where there is no such video. */
  readonly statusOf: (id: string) => Promise<VideoStatus | undefined>;
  readonly find: (id: string) => Promise<VideoRow | undefined>;
}

/** 0.5 s, 1 s, 2 s … 30 s: a database that is away for a minute and a half costs a job nothing. */
const PATIENT_RETRIES = 8;
/** Nobody changes a finished video that often. */
const CHANGE_TRIES = 5;
/** For what is a courtesy, or what somebody waits for. */
const QUICK_RETRIES = 2;

type Answer<T> = { data: T; error: DatabaseRefusal | null };

/** A request that a signal can end. */
interface Abortable<T> extends PromiseLike<Answer<T>> {
  abortSignal(signal: AbortSignal): PromiseLike<Answer<T>>;
}

const ask = <T>(
  action: string,
  request: () => Abortable<T>,
  { signal, retries = PATIENT_RETRIES }: { signal?: AbortSignal | undefined; retries?: number } = {},
): Promise<T> =>
  retry(
    async () => {
      const { data, error } = await (signal === undefined ? request() : request().abortSignal(signal));
      if (error !== null) throw toDatabaseError(error, action);
      return data;
    },
    { retries, baseMs: 500, signal },
  );

/** As `ask`, of a request that answers with rows. */
const askRows = async <Row>(...question: Parameters<typeof ask<Row[] | null>>): Promise<Row[]> =>
  (await ask<Row[] | null>(...question)) ?? [];

const now = () => new Date().toISOString();

const identityColumns = (video: VideoIdentity, jobId: string) => ({
  id: video.id,
  project: video.project,
  source_bucket: video.sourceBucket,
  source_path: video.sourcePath,
  job_id: jobId,
  ...(video.ownerId === undefined ? {} : { owner_id: video.ownerId }),
  ...(video.sourceProof === undefined ? {} : { source_proof: video.sourceProof }),
});

/** A video in one of these has not come to its end. */
const OPEN: readonly VideoStatus[] = ['queued', 'processing'];

const FRESH = { step: null, progress: 0, outcome: null, error_code: null, error_message: null, finished_at: null };

/** As the functions of the database name a video. */
const identityParameters = (video: VideoIdentity, jobId: string) => ({
  video: video.id,
  owner: video.ownerId ?? null,
  project_name: video.project,
  bucket_name: video.sourceBucket,
  object_path: video.sourcePath,
  job: jobId,
});

/** What `queue_owner_video` answers. */
type QueueAnswer = { readonly priority: number } | { readonly refusal: 'too_many_queued'; readonly queued: number };

async function queueVideo(
  database: Database,
  maxQueued: number | null,
  ...[video, jobId, { band = 'normal', fileName, request } = {}]: Parameters<Videos['markQueued']>
): Promise<QueuedAnswer> {
  const parameters = {
    ...identityParameters(video, jobId),
    proof: video.sourceProof ?? null,
    display_name: fileName ?? null,
    max_queued: maxQueued,
    band_name: band,
  };
  const queue = () =>
    request === undefined
      ? database.rpc('queue_owner_video', parameters)
      : database.rpc('queue_requested_video', { ...parameters, request_options: request });
  const action = `Queueing video ${video.id}`;
  const answer = await ask<QueueAnswer | null>(action, queue);
  if (answer === null)
    throw new MediaError({ code: 'database_failed', message: `${action}: the database said nothing.` });
  return 'refusal' in answer
    ? { kind: 'too_many_queued', queued: answer.queued }
    : { kind: 'queued', priority: answer.priority };
}

/** Opens the table on a database. */
export const openVideos = (database: Database): Videos => ({
  markQueued: async (...video) => {
    const answer = await queueVideo(database, null, ...video);
    if (answer.kind === 'queued') return answer.priority;
    throw new MediaError({
      code: 'database_refused',
      message: `Queueing video ${video[0].id}: ${answer.queued} others wait, and no limit was named.`,
    });
  },

  markQueuedWithin: (maxQueued, ...video) => queueVideo(database, maxQueued, ...video),

  place: async (video, jobId, { band = 'normal', signal } = {}) => {
    const parameters = { ...identityParameters(video, jobId), band_name: band };
    const place = () => database.rpc('place_video', parameters);
    const action = `Placing video ${video.id} in the queue`;
    return (await ask<number | null>(action, place, { signal, retries: QUICK_RETRIES })) ?? undefined;
  },

  markProcessing: async (video, jobId, signal) => {
    const columns = { ...identityColumns(video, jobId), ...FRESH, status: 'processing', started_at: now() };
    const action = `Starting video ${video.id}`;
    const insert = () => database.from(TABLE).upsert(columns, { ignoreDuplicates: true }).select('id');
    const made = await askRows(action, insert, { signal });
    if (made.length > 0) return true;
    const update = () => database.from(TABLE).update(columns).eq('id', video.id).neq('status', 'canceled').select('id');
    return (await askRows(action, update, { signal })).length > 0;
  },

  recordSource: async (id, source, signal) => {
    const columns = { source_size: source.size, source_sha256: source.sha256 };
    const update = () => database.from(TABLE).update(columns).eq('id', id);
    await ask(`Recording the source of ${id}`, update, { signal });
  },

  recordProgress: async (id, step, percent, signal) => {
    const columns = { step, progress: Math.min(99, Math.max(0, Math.floor(percent))) };
    const update = database.from(TABLE).update(columns).eq('id', id).eq('status', 'processing');
    await (signal === undefined ? update : update.abortSignal(signal));
  },

  recordWaiting: async (id, errorCode, errorMessage) => {
    const columns = { status: 'queued', step: null, progress: 0, error_code: errorCode, error_message: errorMessage };
    const update = () => database.from(TABLE).update(columns).eq('id', id).in('status', OPEN);
    await ask(`Queueing video ${id} again`, update, { retries: QUICK_RETRIES });
  },

  recordPublished: async (id, outputs, signal) => {
    const update = () => database.from(TABLE).update({ outputs }).eq('id', id).eq('status', 'processing');
    await ask(`Recording the video of ${id}`, update, { signal });
  },

  recordFinalStatus: async (id, ending) => {
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
    const write = () => {
      const update = database.from(TABLE).update(columns).eq('id', id);
      // A run that fails after it was recorded as ready was not told so by the queue: the video is ready all the same.
      if (ending.status === 'failed') return update.in('status', OPEN).select('id');
      return (ending.status === 'canceled' ? update : update.neq('status', 'canceled')).select('id');
    };
    return (await askRows(`Recording the end of ${id}`, write)).length > 0;
  },

  changeOutputs: async (id, change) => {
    const action = `Changing the outputs of ${id}`;
    for (let tries = 0; tries < CHANGE_TRIES; tries++) {
      const select = () =>
        database.from(TABLE).select('outputs,updated_at').eq('id', id).eq('status', 'ready').limit(1);
      const [row] = await askRows<Pick<VideoRow, 'outputs' | 'updated_at'>>(action, select, { retries: QUICK_RETRIES });
      if (row === undefined) return false;
      const columns = { outputs: change(row.outputs) };
      const update = () =>
        database.from(TABLE).update(columns).eq('id', id).eq('updated_at', row.updated_at).select('id');
      if ((await askRows(action, update, { retries: QUICK_RETRIES })).length > 0) return true;
    }
    throw new MediaError({
      code: 'database_failed',
      message: `${action}: others changed the row ${CHANGE_TRIES} times.`,
    });
  },

  cancel: async (id) => {
    const columns = { status: 'canceled', step: null, finished_at: now() };
    const update = () => database.from(TABLE).update(columns).eq('id', id).in('status', OPEN).select('id');
    return (await askRows(`Canceling video ${id}`, update, { retries: QUICK_RETRIES })).length > 0;
  },

  findStatuses: async (ids, signal) => {
    const select = () =>
      database
        .from(TABLE)
        .select('id,status')
        .in('id', [...ids]);
    const rows = await askRows('Looking for canceled videos', select, { signal, retries: 0 });
    return new Map(rows.map(({ id, status }) => [String(id), status as VideoStatus]));
  },

  statusOf: async (id) => {
    const select = () => database.from(TABLE).select('status').eq('id', id).limit(1);
    const rows = await askRows<{ status: VideoStatus }>(`Looking up video ${id}`, select, { retries: QUICK_RETRIES });
    return rows[0]?.status;
  },

  find: async (id) => {
    const select = () => database.from(TABLE).select('*').eq('id', id).limit(1);
    const rows = await askRows(`Looking up video ${id}`, select, { retries: QUICK_RETRIES });
    return rows[0] as VideoRow | undefined;
  },
});
