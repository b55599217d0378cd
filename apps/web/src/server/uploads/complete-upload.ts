/**
 * Completes a session: one request at a time claims it, proves what is stored, enqueues the job, and marks the row.
 * Others that come meanwhile wait for the outcome and tell the same.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CompletedUpload } from '../../contract/uploads.ts';
import { ApiError } from '../api-error.ts';
import type { UploadSession } from '../database/upload-session.ts';
import type { Claim } from '../database/upload-sessions.ts';
import type { User } from '../verify-token.ts';
import { cleanSession } from './clean-session.ts';
import { assertUnfinished, findSession } from './find-session.ts';
import { FINAL_REFUSALS, proveUpload } from './prove-upload.ts';
import type { UploadServices } from './services.ts';

/** A process that died holds a session no longer than this, in seconds; a living one renews. */
const LEASE_SECONDS = 30;

const RENEW_EVERY_MS = 10_000;

/** How often one that waits for another's outcome looks, in milliseconds. */
const LOOK_EVERY_MS = 250;

type JobState = CompletedUpload['jobState'];

/**
 * Completes a session; asked twice, it answers twice and enqueues once.
 *
 * @param options.signal ends the work of a server that stops. A client that goes does not end it: its next call finds the outcome.
 * @throws {ApiError} `session_not_found`, `session_expired`, `session_ended`, `upload_incomplete`, `size_refused`,
 * `content_refused`, `digest_mismatch`, `storage_unavailable`, `queue_unavailable`.
 */
export async function completeUploadSession(
  services: UploadServices,
  options: { readonly user: User; readonly id: string; readonly signal: AbortSignal },
): Promise<CompletedUpload> {
  const { sessions, config } = services;
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(config.intake.proveMs)]);
  const claim: Claim = { id: options.id, claimant: randomUUID() };
  for (;;) {
    const session = await findSession(sessions, options.user, options.id);
    if (session.state === 'completed') return present(session, 'existing');
    assertUnfinished(session, Date.now());
    const claimed = await sessions.claim(claim, LEASE_SECONDS);
    if (claimed !== undefined)
      return present(claimed, await completeClaimed({ services, session: claimed, claim, signal }));
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {
      throw new ApiError({
        code: 'storage_unavailable',
        message: 'The upload is still being proved by another request.',
        retryAfterSeconds: 5,
      });
    });
  }
}

const present = (session: UploadSession, jobState: JobState): CompletedUpload => ({
  id: session.id,
  videoId: session.videoId,
  state: 'completed',
  jobState,
});

interface Completion {
  readonly services: UploadServices;
  readonly session: UploadSession;
  readonly claim: Claim;
  readonly signal: AbortSignal;
}

async function completeClaimed(completion: Completion): Promise<JobState> {
  const { services, session, claim } = completion;
  const lease = keepLease(completion);
  try {
    // A request that died after enqueueing left a video that may have come to its end: it is not run again.
    const isEnded = await services.videos.isEnded(session.videoId);
    if (!isEnded)
      await proveUpload({
        storage: services.storage,
        session,
        signal: lease.signal,
        readConfirmed: () => readConfirmed(completion),
      });
    lease.signal.throwIfAborted();
    const jobState = isEnded ? 'existing' : await services.queue.enqueue(session);
    if (!(await services.sessions.finish(claim, 'completed'))) await undoEnqueued(services, session);
    services.log.info(
      { event: 'upload.completed', sessionId: session.id, videoId: session.videoId, bytes: session.size },
      `Upload completed, video ${jobState === 'existing' ? 'was enqueued already' : 'enqueued'}`,
    );
    return jobState;
  } catch (error) {
    await giveBack(completion, error);
    throw error;
  } finally {
    lease.stop();
  }
}

/** The session was canceled while its job was being enqueued. */
async function undoEnqueued({ queue, videos }: UploadServices, session: UploadSession): Promise<never> {
  await queue.cancel(session.videoId);
  await videos.markCanceled(session.videoId);
  throw new ApiError({ code: 'session_ended', message: 'The upload was canceled while it was being completed.' });
}

/** After a refusal that no retry changes the session ends and its bytes go; else it is open again. */
async function giveBack({ services, session, claim }: Completion, error: unknown): Promise<void> {
  const { sessions, log } = services;
  const code = error instanceof ApiError ? error.code : undefined;
  if (code !== undefined && FINAL_REFUSALS.has(code)) {
    log.warn({ event: 'upload.refused', sessionId: session.id, code }, `Upload refused: ${String(error)}`);
    if (await sessions.finish(claim, 'canceled', code)) await cleanSession(services, session);
    return;
  }
  const confirmed = error instanceof ApiError ? error.details?.confirmedBytes : undefined;
  await sessions
    .reopen(claim, typeof confirmed === 'number' ? confirmed : session.confirmedBytes)
    .catch((reason: unknown) =>
      log.warn({ event: 'upload.reopen_failed', sessionId: session.id, err: reason }, 'Its claim runs out by itself'),
    );
}

/** Whoever completes says that nothing is being sent, so Storage may be asked. */
async function readConfirmed({ services, session }: Completion): Promise<number> {
  if (session.storageUploadId === undefined) return 0;
  return (await services.storage.readOffset(session.storageUploadId).catch(() => undefined)) ?? 0;
}

/** Renews the claim while the work goes on; its signal aborts when another got it. */
function keepLease({ services, claim, signal }: Completion) {
  const lost = new AbortController();
  const timer = setInterval(() => {
    services.sessions.claim(claim, LEASE_SECONDS).then(
      (session) => {
        if (session === undefined)
          lost.abort(
            new ApiError({ code: 'session_ended', message: 'The session ended while it was being completed.' }),
          );
      },
      () => {},
    );
  }, RENEW_EVERY_MS);
  return { signal: AbortSignal.any([signal, lost.signal]), stop: () => clearInterval(timer) };
}
