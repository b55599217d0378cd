/** Deletes a video, and waits for a worker that still holds it. */
import type { Uploader } from '@supabase-media/uploader';
import { UploadError } from '@supabase-media/uploader/errors';
import { isGone } from './is-gone.ts';

/** A worker that was told to stop does so within 2 s; it is asked again so often. */
const TRIES = 10;
const WAIT_MS = 2000;

/** @throws {UploadError} what the API refuses; one that is gone already is no error. */
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
