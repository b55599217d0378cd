/**
 * Gives an upload up, in the order of the server's `end-session.ts`: the record first, so that nobody resumes it, then
 * the API, which ends the rest. An API that cannot be reached is not waited for: its sweep ends the session in a day.
 */
import type { UploadsApi } from './uploads-api.ts';

export async function abortUpload(options: {
  readonly forget: (() => Promise<void>) | undefined;
  /** Undefined: it has none yet. */
  readonly sessionId: string | undefined;
  readonly uploads: Pick<UploadsApi, 'cancel'>;
}): Promise<void> {
  await options.forget?.();
  if (options.sessionId !== undefined) await options.uploads.cancel(options.sessionId).catch(() => {});
}
