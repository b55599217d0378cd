/** Takes away the job of a canceled upload's video. */
import type { UploadSession } from '../database/upload-session.ts';
import type { UploadServices } from './services.ts';

/** Never throws: a worker drops a job whose row is canceled, so a queue that is away costs only its turn. */
export async function removeJob(
  { queue, log }: Pick<UploadServices, 'queue' | 'log'>,
  session: Pick<UploadSession, 'id' | 'videoId'>,
): Promise<void> {
  await queue.cancel(session.videoId).catch((error: unknown) => {
    log.warn(
      { event: 'upload.job_left', sessionId: session.id, videoId: session.videoId, err: error },
      'The job of a canceled upload was not taken away; a worker drops it',
    );
  });
}
