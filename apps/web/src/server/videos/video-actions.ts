/** What an owner can do with a video: read it, run it again, cancel it, delete it. */

import { cancelVideo } from '@supabase-media/client/cancel-video';
import { LIST_MAX } from '@supabase-media/upload-protocol/limits';
import type { CanceledVideo, DeletedVideo, RetriedVideo, Video, VideoList } from '../../contract/videos.ts';
import { ApiError } from '../api-error.ts';
import type { WebConfig } from '../config.ts';
import { isEndedStatus, type VideoRow } from '../database/video-row.ts';
import type { VideosTable } from '../database/videos.ts';
import { normalizeTitle } from '../file-name.ts';
import type { MediaQueue } from '../queue.ts';
import type { ResultStorage } from '../storage/result-storage.ts';
import type { UploadStorage } from '../storage/upload-storage.ts';
import type { User } from '../verify-token.ts';
import { presentVideo } from './present-video.ts';

export interface VideoServices {
  readonly config: WebConfig;
  readonly videos: VideosTable;
  readonly queue: MediaQueue;
  readonly storage: UploadStorage;
  readonly results: ResultStorage;
}

/** @throws {ApiError} `video_not_found`: another user's video is no different from none. */
export async function findVideo(videos: VideosTable, user: User, id: string, signal?: AbortSignal): Promise<VideoRow> {
  const video = await videos.find(user, id, signal);
  if (video !== undefined) return video;
  throw videoNotFound(id);
}

const videoNotFound = (id: string): ApiError =>
  new ApiError({ code: 'video_not_found', message: `There is no video ${id} of this user.` });

export async function listVideos(
  services: VideoServices,
  user: User,
  query: { readonly before?: string | undefined; readonly limit?: number | undefined },
): Promise<VideoList> {
  const limit = query.limit ?? LIST_MAX;
  const before = query.before === undefined ? undefined : new Date(query.before);
  const rows = await services.videos.list(user, { before, limit });
  const last = rows.length < limit ? undefined : rows.at(-1);
  const counted = await countBefore(services, rows);
  const present = (row: VideoRow) => presentVideo(row, { waitingBefore: counted.get(row.id) });
  return { videos: rows.map(present), nextBefore: last?.created_at.toISOString() ?? null };
}

/** The video with addresses of its results that work for a while. */
export async function readVideo(services: VideoServices, user: User, id: string): Promise<Video> {
  const row = await findVideo(services.videos, user, id);
  const expiresAt = new Date(Date.now() + services.config.resultUrlSeconds * 1000);
  const urls = new Map<string, string | null>();
  const bucket = services.config.resultBucket;
  // Only results of ours: a row cannot make the service sign what lies elsewhere.
  const paths = row.outputs.filter((output) => output.bucket === bucket).map((output) => output.path);
  const signed = await services.results.signDownloads(bucket, paths);
  paths.forEach((path, index) => void urls.set(path, signed[index] ?? null));
  const urlOf = (output: { bucket: string; path: string }) =>
    output.bucket === bucket ? (urls.get(output.path) ?? null) : null;
  const counted = await countBefore(services, [row]);
  return presentVideo(row, { signed: { urlOf, expiresAt }, waitingBefore: counted.get(id) });
}

async function countBefore({ videos }: VideoServices, rows: readonly VideoRow[]): Promise<ReadonlyMap<string, number>> {
  const waiting = rows.filter(({ status }) => status === 'queued').map(({ id }) => id);
  return waiting.length === 0 ? new Map() : videos.countBefore(waiting);
}

/**
 * Names a video, in any state.
 *
 * @throws {ApiError} `name_refused`, `video_not_found`.
 */
export async function renameVideo(
  services: VideoServices,
  user: User,
  id: string,
  title: string | null,
): Promise<Video> {
  const name = title === null ? null : normalizeTitle(title);
  const row = await services.videos.rename(user, id, name);
  if (row === undefined) throw videoNotFound(id);
  return presentVideo(row);
}

/**
 * Runs a video again that failed or was canceled, or that lacks an output.
 *
 * @throws {ApiError} `video_rejected` for one whose file was judged: that costs a worker as much as the first time, and
 * ends the same. `video_busy` while it waits or runs, or is ready with all that it was to have. `too_many_queued`.
 */
export async function retryVideo(services: VideoServices, user: User, id: string): Promise<RetriedVideo> {
  const row = await findVideo(services.videos, user, id);
  if (row.status === 'rejected')
    throw new ApiError({
      code: 'video_rejected',
      message: `The same file would be rejected again: ${row.error_message ?? row.error_code ?? 'it cannot be made a video.'}`,
      details: { status: row.status, errorCode: row.error_code },
    });
  if (row.status !== 'failed' && row.status !== 'canceled' && !lacksOutput(row))
    throw new ApiError({
      code: 'video_busy',
      message: `The video is ${row.status}; only one that failed or was canceled, or lacks an output, can be run again.`,
      details: { status: row.status },
    });
  const jobState = await services.queue.enqueue({
    videoId: id,
    ownerId: user.id,
    project: row.project,
    bucket: row.source_bucket,
    path: row.source_path,
    fileName: row.file_name ?? undefined,
    proof: row.source_proof ?? undefined,
  });
  return { id, jobState };
}

/** A video that is ready without something that could not be made. */
const lacksOutput = ({ status, facts: { warnings } }: VideoRow): boolean =>
  status === 'ready' && Array.isArray(warnings) && warnings.some((warning) => /_unavailable$/.test(warning?.code));

/** Stops a video that waits or runs; afterwards it can be run again. */
export async function cancelOwnVideo(services: VideoServices, user: User, id: string): Promise<CanceledVideo> {
  const row = await findVideo(services.videos, user, id);
  if (isEndedStatus(row.status)) return { id, state: 'finished' };
  const { state } = await cancelVideo({ queue: services.queue, rows: services.videos, videoId: id });
  return { id, state };
}

/**
 * Removes row, source and results.
 *
 * @throws {ApiError} `video_busy` while a worker still holds it: it was told to stop, so the same request succeeds soon.
 */
export async function deleteVideo(services: VideoServices, user: User, id: string): Promise<DeletedVideo> {
  const row = await findVideo(services.videos, user, id);
  // Also of a row that is canceled already: its worker may still be removing what it made.
  const { state } = await cancelVideo({ queue: services.queue, rows: services.videos, videoId: id });
  if (state === 'canceling')
    throw new ApiError({
      code: 'video_busy',
      message: 'A worker is processing the video; it was told to stop and needs a few seconds.',
      details: { status: row.status },
      retryAfterSeconds: 3,
    });
  await services.results.removeFolder({ bucket: services.config.resultBucket, path: `${row.project}/${id}` });
  // The source of a video that came another way than by this intake belongs to whoever put it there.
  if (row.source_bucket === services.config.sourceBucket && row.source_path.startsWith(`${user.id}/`))
    await services.storage.remove({ bucket: row.source_bucket, path: row.source_path });
  // Last, so that a request that broke off can be repeated.
  await services.videos.remove(id);
  return { id, deleted: true };
}
