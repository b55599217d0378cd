import { addCaptions, mergeCaptions } from '@supabase-media/media/captions';
import type { Video } from '../../contract/videos.ts';
import { ApiError } from '../api-error.ts';
import type { User } from '../verify-token.ts';
import { findVideo, readVideo, type VideoServices } from './video-actions.ts';

export interface CaptionsUpload {
  readonly videoId: string;
  readonly language: string;
  /** A SubRip or WebVTT file. */
  readonly content: Uint8Array;
}

/**
 * Adds captions to a finished video, or replaces those in the same language.
 *
 * @throws {ApiError} `video_busy` unless the video is ready.
 * @throws {MediaError} `invalid_argument` for a language or a file that does not do.
 */
export async function addVideoCaptions(services: VideoServices, user: User, upload: CaptionsUpload): Promise<Video> {
  const { videoId, language, content } = upload;
  const { videos, results, config } = services;
  const row = await findVideo(videos, user, videoId);
  const busy = (status: string) =>
    new ApiError({
      code: 'video_busy',
      message: `The video is ${status}; captions are added once it is ready.`,
      details: { status },
    });
  if (row.status !== 'ready') throw busy(row.status);
  const bucket = config.resultBucket;
  // Only beside results of ours: a row cannot make the service write elsewhere.
  const outputs = row.outputs.filter(
    (output) => output.bucket === bucket && output.path.startsWith(`${row.project}/${videoId}/`),
  );
  const added = await addCaptions({ outputs, language, content, files: results.filesOf(bucket) });
  if (!(await videos.changeOutputs(videoId, (current) => mergeCaptions(current, added))))
    throw busy('not ready any more');
  return readVideo(services, user, videoId);
}
