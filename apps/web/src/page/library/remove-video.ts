/** Deletes a video, and waits for a worker that is still processing it. */
import type { Uploader } from '@supabase-media/uploader';
import { UploadError } from '@supabase-media/uploader/errors';
import { isGone } from './is-gone.ts';

/** A worker stops within 2 s; the deletion is retried this often. */
const TRIES = 10;
const WAIT_MS = 2000;

/** @throws {UploadError} from the API; a video that is already deleted is not an error. */
export async function removeVideo(videos: Pick<Uploader['videos'], 'delete'>, id: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await videos.delete(id);
      return;
    } catch (error) {
      if (isGone(error)) return;
      const mayPass = error instanceof UploadError && error.code === 'video_busy' && tries < TRIES;
      if (!mayPass) throw error;
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
  }
}
