/** The rows of videos as a producer writes them, whichever way; `rows.ts` opens them. */
import type { JobPriority } from '@supabase-media/queue/policy';
import type { VideoRows } from './cancel-video.ts';
import type { VideoProcessPayload } from './contract.ts';

/** How a video is to wait. */
export interface QueuedRow {
  readonly jobId: string;
  readonly priority: JobPriority | undefined;
}

/** The rows, as far as a producer needs them. */
export interface ClientRows extends VideoRows {
  /**
   * Makes the row, or takes it back to the queue, with what its job is to be like: if this process dies before it adds
   * the job, a worker adds the same one a minute later.
   *
   * @returns the number for its job.
   * @throws {MediaError} `database_refused`, also where the migrations are older than this release; `database_failed`.
   */
  readonly queue: (payload: VideoProcessPayload, how: QueuedRow) => Promise<number>;
  readonly close: () => Promise<void>;
}

/** What the job of a payload is to be like, as it stands beside the row. */
export const requestOptionsOf = (
  { outputs, profile }: VideoProcessPayload,
  priority: JobPriority | undefined,
): Readonly<Record<string, unknown>> => ({
  ...(outputs && { outputs }),
  ...(profile && { profile }),
  ...(priority && { priority }),
});

/** What is known of the source. */
export function proofOf({ source: { size, etag, sha256 } }: VideoProcessPayload) {
  const proof = { ...(size !== undefined && { size }), ...(etag && { etag }), ...(sha256 && { sha256 }) };
  return Object.keys(proof).length === 0 ? undefined : proof;
}
