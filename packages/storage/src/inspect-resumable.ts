/** Would Storage take a file of this size, and how does it call itself? Asked without uploading. */
import { MediaError } from '@supabase-media/core/errors';
import type { StorageConnection } from './connection.ts';
import { endProbe, PROBE_TIMEOUTS, probeUpload } from './inspect-common.ts';
import { createUpload, readProjectLimit } from './tus.ts';

export interface ResumableFacts {
  /** What TUS names its limit for the whole project (Tus-Max-Size), in bytes. */
  readonly projectBytes: number | undefined;
  /** Why Storage would not take it; undefined when it would. */
  readonly refusal: MediaError | undefined;
  /** As Storage wrote it, whole. */
  readonly location: string | undefined;
  /** For how long it would be kept unfinished, in milliseconds; undefined where Storage does not say. */
  readonly lifeMs: number | undefined;
  /** How long a short question and its answer took, in milliseconds. */
  readonly roundTripMs: number;
}

/**
 * Asks whether Storage would take a file of this size: an upload is created, without a byte, and ended again.
 *
 * @throws {MediaError} when there is no answer at all.
 */
export async function inspectResumable(
  connection: StorageConnection,
  options: { readonly bucket: string; readonly bytes: number; readonly signal: AbortSignal },
): Promise<ResumableFacts> {
  const action = 'Asking for the limits';
  const projectBytes = await readProjectLimit({
    connection,
    signal: options.signal,
    timeouts: PROBE_TIMEOUTS,
    action,
  });
  const request = probeUpload(connection, { ...options, action });
  const asked = performance.now();
  const created = await createUpload(request).catch((error: unknown) => {
    if (error instanceof MediaError && error.details.httpStatus !== undefined) return error;
    throw error;
  });
  const roundTripMs = performance.now() - asked;
  if (created instanceof MediaError)
    return { projectBytes, refusal: created, location: undefined, lifeMs: undefined, roundTripMs };
  await endProbe(request, created.url);
  const { location, lifeMs } = created;
  return { projectBytes, refusal: undefined, location, lifeMs, roundTripMs };
}
