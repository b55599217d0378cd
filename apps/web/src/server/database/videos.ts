/** The `videos` table as the intake API uses it: the owner reads; the service creates, cancels and deletes. */
import { openVideos, type SourceProof, type Videos } from '@supabase-media/database/videos';
import { z } from 'zod';
import { ApiError } from '../api-error.ts';
import type { User } from '../verify-token.ts';
import { ask, asUser, type Database } from './database.ts';
import { type VideoRow, videoRow } from './video-row.ts';

const TABLE = 'videos';

export interface VideosTable {
  readonly find: (user: User, id: string, signal?: AbortSignal) => Promise<VideoRow | undefined>;
  /** Newest first. */
  readonly list: (user: User, page: { before: Date | undefined; limit: number }) => Promise<readonly VideoRow[]>;
  /**
   * Makes the row, or takes it back to the queue.
   *
   * @returns the number for its job.
   * @throws {ApiError} `too_many_queued` when so many other videos of the owner wait or run: then nothing is written.
   */
  readonly markQueued: (video: NewVideo, jobId: string, maxQueued: number) => Promise<number>;
  /**
   * Before something costly is done for a video that may not be queued then.
   *
   * @throws {ApiError} `too_many_queued`.
   */
  readonly assertRoom: (video: Pick<NewVideo, 'videoId' | 'ownerId'>, maxQueued: number) => Promise<void>;
  /** Whether it was queued or processing, and is canceled now. */
  readonly cancel: (id: string) => Promise<boolean>;
  readonly changeOutputs: Videos['changeOutputs'];
  /** Undefined if the user has no such video. */
  readonly rename: (user: User, id: string, title: string | null) => Promise<VideoRow | undefined>;
  /** How many videos wait before each of these that waits itself; none where the database does not tell. */
  readonly countBefore: (ids: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  /** The status and the number that the job has or is to have; undefined if there is no such video. */
  readonly placeOf: (
    id: string,
  ) => Promise<{ readonly status: VideoRow['status']; readonly priority: number | undefined } | undefined>;
  /** Undefined if there is no such video. */
  readonly statusOf: (id: string) => Promise<VideoRow['status'] | undefined>;
  /** What was proved of the source; undefined if there is no such video, or nothing was. */
  readonly proofOf: (id: string) => Promise<SourceProof | undefined>;
  readonly remove: (id: string) => Promise<void>;
  /** @throws {ApiError} `database_unavailable`. */
  readonly check: () => Promise<void>;
}

export interface NewVideo {
  readonly videoId: string;
  readonly ownerId: string;
  readonly project: string;
  readonly bucket: string;
  readonly path: string;
  readonly fileName: string | undefined;
  /** What was proved of the source; undefined: the row keeps what it has. */
  readonly proof: SourceProof | undefined;
}

const rows = z.array(videoRow);

const waitingCounts = z.array(z.object({ video: z.guid(), before: z.int().min(0) }));

const places = z.array(
  videoRow
    .pick({ status: true })
    .extend({ queue_priority: z.number().nullable() })
    .transform(({ status, queue_priority }) => ({ status, priority: queue_priority ?? undefined })),
);

/** When one of an owner's videos will be done: nobody knows, so a guess that is neither rude nor long, in seconds. */
const ROOM_RETRY_SECONDS = 30;

const tooManyQueued = (queued: number, limit: number): ApiError =>
  new ApiError({
    code: 'too_many_queued',
    message: `${queued} of your videos wait or are being processed; ${limit} may be.`,
    details: { queued, limit },
    retryAfterSeconds: ROOM_RETRY_SECONDS,
  });

/** Opens the table on a database. */
export function openVideosTable({ service, users }: Database): VideosTable {
  const workerSide = openVideos(service);
  return {
    find: async (user, id, signal) => {
      const query = users.from(TABLE).select('*').eq('id', id).eq('owner_id', user.id).limit(1);
      return rows.parse(await ask(asUser(signal ? query.abortSignal(signal) : query, user.token)))[0];
    },

    list: async (user, { before, limit }) => {
      const all = users.from(TABLE).select('*').eq('owner_id', user.id);
      const older = before === undefined ? all : all.lt('created_at', before.toISOString());
      const query = older.order('created_at', { ascending: false }).limit(limit);
      return rows.parse(await ask(asUser(query, user.token)));
    },

    markQueued: async (video, jobId, maxQueued) => {
      const { ownerId, project, fileName } = video;
      const identity = {
        id: video.videoId,
        ownerId,
        project,
        sourceBucket: video.bucket,
        sourcePath: video.path,
        sourceProof: video.proof,
      };
      const answer = await workerSide.markQueuedWithin(maxQueued, identity, jobId, { fileName });
      if (answer.kind === 'queued') return answer.priority;
      throw tooManyQueued(answer.queued, maxQueued);
    },

    assertRoom: async ({ videoId, ownerId }, maxQueued) => {
      const unfinished = service
        .from(TABLE)
        .select('id')
        .eq('owner_id', ownerId)
        .in('status', ['queued', 'processing']);
      // A database API may give fewer rows than are asked for: then only the write itself refuses.
      const others = z.array(z.unknown()).parse(await ask(unfinished.neq('id', videoId).limit(maxQueued)));
      if (others.length >= maxQueued) throw tooManyQueued(others.length, maxQueued);
    },

    placeOf: async (id) => {
      const answer = await ask(service.from(TABLE).select('status,queue_priority').eq('id', id).limit(1));
      return places.parse(answer)[0];
    },

    cancel: async (id) => {
      const columns = { status: 'canceled', step: null, finished_at: new Date().toISOString() };
      const update = service.from(TABLE).update(columns).eq('id', id).in('status', ['queued', 'processing']);
      return ((await ask(update.select('id'))) as unknown[] | null)?.length === 1;
    },

    changeOutputs: workerSide.changeOutputs,

    rename: async (user, id, title) => {
      const update = service.from(TABLE).update({ title }).eq('id', id).eq('owner_id', user.id);
      return rows.parse(await ask(update.select('*')))[0];
    },

    countBefore: async (ids) => {
      // A courtesy, which an older schema or a busy database must not turn into a failure.
      const answer = await ask(service.rpc('count_videos_before', { videos: [...ids] })).catch(() => []);
      const counted = waitingCounts.safeParse(answer);
      return new Map(counted.success ? counted.data.map(({ video, before }) => [video, before]) : []);
    },

    statusOf: async (id) => {
      const query = service.from(TABLE).select('status').eq('id', id).limit(1);
      return z.array(videoRow.pick({ status: true })).parse(await ask(query))[0]?.status;
    },

    proofOf: async (id) => {
      const query = service.from(TABLE).select('source_proof').eq('id', id).limit(1);
      return z.array(videoRow.pick({ source_proof: true })).parse(await ask(query))[0]?.source_proof ?? undefined;
    },

    remove: async (id) => {
      await ask(service.from(TABLE).delete().eq('id', id));
    },

    check: async () => {
      await ask(service.from(TABLE).select('id').limit(1));
    },
  };
}
