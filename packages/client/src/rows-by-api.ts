/** Writes the rows of videos by the database API. */
import { openDatabase } from '@supabase-media/database/database';
import { openVideos } from '@supabase-media/database/videos';
import { type ClientRows, proofOf, requestOptionsOf } from './client-rows.ts';

/** Opens them; no request is made yet. */
export function openRowsByApi(supabase: { readonly url: string; readonly serviceRoleKey: string }): ClientRows {
  const videos = openVideos(openDatabase(supabase));
  return {
    queue: (payload, { jobId, priority }) =>
      videos.markQueued(
        {
          id: payload.videoId,
          ownerId: payload.ownerId,
          project: payload.project,
          sourceBucket: payload.source.bucket,
          sourcePath: payload.source.path,
          sourceProof: proofOf(payload),
        },
        jobId,
        { band: priority, request: requestOptionsOf(payload, priority) },
      ),
    cancel: videos.cancel,
    statusOf: videos.statusOf,
    close: async () => {},
  };
}
