/**
 * Completes a session: one request at a time leases it, verifies what is stored, enqueues the job, and marks the row.
 * Others that come meanwhile wait for the outcome and tell the same.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDeadline } from '@supabase-media/core/deadline';
import type { Proof } from '@supabase-media/upload-protocol/decide-proof';
import type { CompletedUpload, UploadDigests } from '../../contract/uploads.ts';
import { ApiError } from '../api-error.ts';
import type { UploadSession } from '../database/upload-session.ts';
import type { Lease } from '../database/upload-sessions.ts';
import { isEndedStatus } from '../database/video-row.ts';
import type { User } from '../verify-token.ts';
import { removeUploaded, withdrawVideo } from './end-session.ts';
import { assertUnfinished, findSession } from './find-session.ts';
import type { UploadServices } from './services.ts';
import { FINAL_REFUSALS, verifyUpload } from './verify-upload.ts';

/** A process that died holds a session no longer than this, in seconds; a living one renews. */
const LEASE_SECONDS = 30;

const RENEW_EVERY_MS = 10_000;

/** How often one that waits for another's outcome looks, in milliseconds. */
const LOOK_EVERY_MS = 250;

type JobState = CompletedUpload['jobState'];

/**
 * Completes a session; asked twice, it answers twice and enqueues once.
 *
 * @param options.digests of the file, as its uploader took them; those of an earlier call hold where there are none.
 * @param options.signal ends the work of a server that stops. A client that goes does not end it: its next call finds the outcome.
 * @throws {ApiError} `session_not_found`, `session_expired`, `session_ended`, `upload_incomplete`, `size_refused`,
 * `content_refused`, `digest_mismatch`, `too_many_queued` (it is completed when there is room), `storage_unavailable`,
 * `queue_unavailable`.
 */
export async function completeUploadSession(
  services: UploadServices,
  options: {
    readonly user: User;
    readonly id: string;
    readonly digests?: UploadDigests | undefined;
    readonly signal: AbortSignal;
  },
): Promise<CompletedUpload> {
  const deadline = startDeadline(services.config.intake.verifyMs, options.signal);
  try {
    return await completeWithin(services, options, deadline.signal);
  } finally {
    deadline.clear();
  }
}

async function completeWithin(
  services: UploadServices,
  { user, id, digests }: { readonly user: User; readonly id: string; readonly digests?: UploadDigests | undefined },
  signal: AbortSignal,
): Promise<CompletedUpload> {
  const { sessions } = services;
  const lease: Lease = { id, holder: randomUUID() };
  for (;;) {
    const session = await findSession(sessions, user, id);
    if (session.state === 'completed') return present(session, 'existing');
    assertUnfinished(session, Date.now());
    const leased = await sessions.lease(lease, LEASE_SECONDS);
    if (leased !== undefined) {
      if (digests !== undefined) await sessions.noteDigests(lease, digests);
      const told = { ...leased, digests: digests ?? leased.digests };
      const end = await completeLeased({ services, session: told, lease, signal });
      if (end !== 'lease_lost') return present({ ...told, verified: end.verified }, end.jobState);
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {
      throw outOfTime('The upload is still being verified by another request.');
    });
  }
}

const outOfTime = (message: string, cause?: unknown): ApiError =>
  new ApiError({ code: 'storage_unavailable', message, retryAfterSeconds: 5, cause });

const present = (session: UploadSession, jobState: JobState): CompletedUpload => ({
  id: session.id,
  videoId: session.videoId,
  state: 'completed',
  verified: session.verified ?? null,
  jobState,
});

/** What completing a leased session takes. */
type CompletionServices = Pick<
  UploadServices,
  'config' | 'sessions' | 'videos' | 'storage' | 'prover' | 'queue' | 'log'
>;

export interface Completion {
  readonly services: CompletionServices;
  readonly session: UploadSession;
  readonly lease: Lease;
  readonly signal: AbortSignal;
}

/** How a session was completed. `verified`: undefined for one that an earlier release verified. */
export interface CompletedEnd {
  readonly jobState: JobState;
  readonly verified: Proof | undefined;
}

/**
 * Completes a session that the caller has leased.
 *
 * @returns `lease_lost` when the lease ran out and another request or sweep has the session, or has ended it.
 * @throws {ApiError} as {@link completeUploadSession}; the session is given back then.
 */
export async function completeLeased(completion: Completion): Promise<CompletedEnd | 'lease_lost'> {
  const { services, session, lease } = completion;
  const renewal = keepLease(completion);
  try {
    // A request that died after enqueueing left a video that may have ended: it is not run again.
    const status = await services.videos.statusOf(session.videoId);
    const isEnded = status !== undefined && isEndedStatus(status);
    let jobState: JobState = 'existing';
    let { verified } = session;
    if (!isEnded) {
      const proof = await verifyUpload({
        storage: services.storage,
        prover: services.prover,
        session,
        signal: renewal.signal,
        readConfirmed: () => readConfirmed(completion),
        beforeReading: () => services.videos.assertRoom(session, services.config.intake.maxQueued),
      });
      renewal.signal.throwIfAborted();
      verified = proof.verified;
      jobState = await services.queue.enqueue({ ...session, proof }, completion.signal);
    }
    if (!(await services.sessions.finish(lease, 'completed', { verified })))
      return await yieldSession(services, session);
    services.log.info(
      { event: 'upload.completed', sessionId: session.id, videoId: session.videoId, bytes: session.size, verified },
      `Upload completed, video ${jobState === 'existing' ? 'was enqueued already' : 'enqueued'}`,
    );
    return { jobState, verified };
  } catch (error) {
    if (renewal.isLost()) return await yieldSession(services, session);
    await giveBack(completion, error);
    if (completion.signal.aborted && !(error instanceof ApiError))
      throw outOfTime('The upload could not be verified in time.', error);
    throw error;
  } finally {
    renewal.stop();
  }
}

/**
 * The lease is lost, and the job may have been added. Only of a session that its owner or time ended is the job unwanted:
 * another request that has it, or has completed it, counts on that very job.
 */
async function yieldSession(services: CompletionServices, session: UploadSession): Promise<'lease_lost'> {
  const state = await services.sessions.stateOf(session.id);
  if (state === 'canceled' || state === 'abandoned') {
    await withdrawVideo(services, session);
  }
  return 'lease_lost';
}

/** After a refusal that no retry changes the session ends and its bytes go; else it is open again. */
async function giveBack({ services, session, lease }: Completion, error: unknown): Promise<void> {
  const { sessions, log } = services;
  const code = error instanceof ApiError ? error.code : undefined;
  if (code !== undefined && FINAL_REFUSALS.has(code)) {
    log.warn({ event: 'upload.refused', sessionId: session.id, code }, `Upload refused: ${String(error)}`);
    if (await sessions.finish(lease, 'canceled', { endCode: code })) await removeUploaded(services, session);
    return;
  }
  if (code === 'too_many_queued') {
    await sessions.awaitRoom(lease).catch((reason: unknown) => warnUnreopened({ log, session, reason }));
    return;
  }
  const confirmed = error instanceof ApiError ? error.details?.confirmedBytes : undefined;
  await sessions
    .reopen(lease, typeof confirmed === 'number' ? confirmed : session.confirmedBytes, {
      awaitsRoom: code === 'upload_incomplete' ? false : undefined,
    })
    .catch((reason: unknown) => warnUnreopened({ log, session, reason }));
}

const warnUnreopened = ({
  log,
  session,
  reason,
}: Pick<CompletionServices, 'log'> & { readonly session: UploadSession; readonly reason: unknown }): void =>
  log.warn(
    { event: 'upload.reopen_failed', sessionId: session.id, err: reason },
    'The session resumes when its lease expires',
  );

/** Whoever completes says that nothing is being sent, so Storage may be asked. */
async function readConfirmed({ services, session }: Completion): Promise<number> {
  if (session.storageUploadId === undefined) return 0;
  const offset = await services.storage.readOffset(session.storageUploadId).catch(() => 'missing');
  // What cannot be seen now may be there all the same.
  return typeof offset === 'number' ? offset : offset === 'missing' ? session.confirmedBytes : 0;
}

/** Renews the lease while the work continues; its signal aborts when the lease is lost. */
function keepLease({ services, lease, signal }: Completion) {
  const lost = new AbortController();
  const timer = setInterval(() => {
    services.sessions.lease(lease, LEASE_SECONDS).then(
      (session) => {
        if (session === undefined) lost.abort();
      },
      () => {},
    );
  }, RENEW_EVERY_MS);
  return {
    signal: AbortSignal.any([signal, lost.signal]),
    isLost: () => lost.signal.aborted,
    stop: () => clearInterval(timer),
  };
}
