/** Cancels a video for good: in its row, which every screen reads, and in the queue. The only place that does both. */

/**
 * What became of a request to cancel. `canceled`: the job was waiting and is gone; its row is the caller's to write.
 * `canceling`: a worker stops it within 2 s and writes the row. `finished`: it had come to its end. `unknown`: there is
 * no such job.
 */
export interface CancelVideoAnswer {
  readonly videoId: string;
  readonly state: 'canceled' | 'canceling' | 'finished' | 'unknown';
}

/** The videos' rows, as far as canceling needs them. */
export interface VideoRows {
  /** Sets a video that waits or runs to `canceled`, in one statement. @returns whether it did. */
  readonly cancel: (videoId: string) => Promise<boolean>;
  /** Undefined where there is no row. */
  readonly statusOf: (videoId: string) => Promise<string | undefined>;
}

export interface CancelVideoOptions {
  readonly queue: { readonly cancelVideo: (videoId: string) => Promise<CancelVideoAnswer> };
  readonly rows: VideoRows;
  readonly videoId: string;
}

/**
 * Cancels a video wherever it waits or runs. May be repeated, also after one of the two could not be reached.
 *
 * **The row comes first, then the queue.** The row decides: a worker records `ready` only where the row is not canceled,
 * and this cancels only where it is not ended, so exactly one of the two wins. Whoever dies or is cut off in between
 * leaves a canceled row and a job, and the worker that has or takes that job stops, removes what it made and ends it.
 * The other order leaves a row that waits for a job that is gone, and calls a video canceled that a worker is just
 * recording as ready. The worker's end of it: `jobs/video-process/process.ts`, `fail`.
 *
 * @returns `canceled`: nothing runs any more. `canceling`: a worker stops within 2 s and removes what it made, the row
 * is canceled already. `finished`: the video had come to its end, nothing was changed. `unknown`: there is no such video.
 * @throws {MediaError} what the rows' database or the queue answers; the first two steps need not be undone.
 */
export async function cancelVideo({ queue, rows, videoId }: CancelVideoOptions): Promise<CancelVideoAnswer> {
  const isRowCanceled = await rows.cancel(videoId);
  const status = isRowCanceled ? 'canceled' : await rows.statusOf(videoId);
  // Without a row the queue alone decides; a row that was canceled before may still have its job.
  if (status !== undefined && status !== 'canceled') return { videoId, state: 'finished' };
  const { state } = await queue.cancelVideo(videoId);
  if (state === 'canceling' || state === 'canceled') return { videoId, state };
  if (isRowCanceled) return { videoId, state: 'canceled' };
  return { videoId, state: status === undefined ? state : 'finished' };
}
