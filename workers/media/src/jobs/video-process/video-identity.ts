/** The row of a job's video. */
import type { VideoIdentity } from '@supabase-media/database/videos';
import type { VideoProcessPayload } from './contract.ts';

export const identityOf = (payload: VideoProcessPayload): VideoIdentity => ({
  id: payload.videoId,
  ownerId: payload.ownerId,
  project: payload.project,
  sourceBucket: payload.source.bucket,
  sourcePath: payload.source.path,
});
