/**
 * Makes jobs of the rows in `videos`, and cancels those of canceled rows. Every worker does: requests are leased in the
 * database, and the job of a request is added once however often it is tried, so a worker may die at any line.
 */
import { randomUUID } from 'node:crypto';
import { jobIdOf, videoProcessContract } from '@supabase-media/client/contract';
import { startDeadline } from '@supabase-media/core/deadline';
import { MediaError, toMediaError } from '@supabase-media/core/errors';
import type { Log } from '@supabase-media/core/log';
import { raceAbort } from '@supabase-media/core/race-abort';
import type { VideoRequest, VideoRequestsTable } from '@supabase-media/database/video-requests';
import type { Videos } from '@supabase-media/database/videos';
import type { Consumer } from '@supabase-media/queue/consumer';
import { identityOf } from '../jobs/video-process/video-identity.ts';
import { decideOutcome, decideRequest, isLeftBehind, type RequestDecision, type RequestEnd } from './decide-request.ts';

/** Requests per claim, and how many of them the queue is asked at the same time. */
const BATCH = 48;
const AT_ONCE = 8;

/** A worker that died over requests holds them no longer than this, in seconds: longer than a batch may take. */
const LEASE_SECONDS = 60;

/** The queue answers within this, in milliseconds, or is away: BullMQ alone waits for a lost Redis for ever. */
const ANSWER_MS = 20_000;

/** So long, in milliseconds, noting what was done may keep a worker that stops. */
const FINISH_MS = 5000;

export interface RequestServices {
  readonly requests: VideoRequestsTable;
  readonly videos: Pick<Videos, 'statusOf' | 'place' | 'recordFinalStatus'>;
  readonly queue: Pick<Consumer, 'addRequested' | 'cancel'>;
  readonly log: Log;
}

/**
 * Does everything that is due.
 *
 * @returns how many requests were looked at.
 * @throws {MediaError} what the database answers; what the queue answers, when it failed: the rest is done later; the
 * signal's reason.
 */
export async function dispatchRequests(services: RequestServices, signal: AbortSignal): Promise<number> {
  const { requests, log } = services;
  const holder = randomUUID();
  while ((await requests.requestUploaded(BATCH, signal)) === BATCH) signal.throwIfAborted();
  for (let count = 0; ; ) {
    signal.throwIfAborted();
    const claimed = await requests.claim({ holder, batch: BATCH, leaseSeconds: LEASE_SECONDS, signal });
    for (const { id, problem } of claimed.unreadable)
      log.warn({ event: 'request.unreadable', id }, `A row of video_requests cannot be read: ${problem}`);
    await dispatchBatch(services, holder, claimed.requests, signal);
    count += claimed.requests.length;
    if (claimed.requests.length + claimed.unreadable.length < BATCH) return count;
  }
}

/** After the first failure the others are not tried: it is the queue that is away. */
async function dispatchBatch(
  services: RequestServices,
  holder: string,
  batch: readonly VideoRequest[],
  signal: AbortSignal,
): Promise<void> {
  let failure: unknown;
  for (let start = 0; start < batch.length; start += AT_ONCE) {
    const group = batch.slice(start, start + AT_ONCE);
    const outcomes = await Promise.all(
      group.map(async (request) => {
        const end =
          failure === undefined
            ? await dispatchOne(services, request, signal).catch((error: unknown): RequestEnd => {
                failure = error;
                return 'failed';
              })
            : 'failed';
        return decideOutcome(request, end);
      }),
    );
    // Also of a worker that stops: else others wait for its lease.
    const deadline = startDeadline(FINISH_MS);
    await services.requests.finish(holder, outcomes, deadline.signal).finally(deadline.clear);
  }
  if (failure !== undefined) throw failure;
}

async function dispatchOne(services: RequestServices, request: VideoRequest, signal: AbortSignal): Promise<RequestEnd> {
  const { queue, log } = services;
  const { videoId } = request;
  const decision = decideRequest(request);
  switch (decision.do) {
    case 'nothing':
      return 'done';
    case 'cancel':
      await withinDeadline(signal, () => queue.cancel(decision.jobId));
      return 'done';
    case 'refuse':
      await fail(services, videoId, new MediaError({ code: 'invalid_argument', message: decision.problem }));
      return 'done';
    case 'add': {
      const end = await addJob(services, request, { decision, signal });
      if (end === 'created' || end === 'requeued')
        log.info({ event: 'request.added', videoId, jobId: jobIdOf(videoId) }, `Added the job of video ${videoId}`);
      if (!isLeftBehind(request, end)) return end;
      await fail(
        services,
        videoId,
        new MediaError({ code: 'job_failed', message: 'Its job ended and told it nothing.' }),
      );
      return 'done';
    }
  }
}

/** @returns `done` where the row no longer waits. */
async function addJob(
  { queue, videos }: RequestServices,
  { videoId, requestId, turn }: VideoRequest,
  { decision, signal }: { readonly decision: Extract<RequestDecision, { do: 'add' }>; readonly signal: AbortSignal },
): Promise<RequestEnd> {
  const { payload, priority } = decision;
  let isWanted = true;
  const unwanted = () => {
    isWanted = false;
    return new Error('The video no longer waits.');
  };
  try {
    const { state } = await withinDeadline(signal, (ended) =>
      queue.addRequested({
        contract: videoProcessContract,
        payload,
        priority,
        request: requestId,
        beforeAdd: async (jobId) => {
          // A job that ended told its row first: one that waits now was asked for after that.
          const status = await videos.statusOf(videoId);
          if (status !== 'queued' && status !== 'processing') throw unwanted();
          const place = turn ?? (await videos.place(identityOf(payload), jobId, { band: priority, signal: ended }));
          if (place === undefined) throw unwanted();
          // A queue that comes back later must not act on a request that another worker has.
          ended.throwIfAborted();
          return place;
        },
      }),
    );
    return state;
  } catch (error) {
    if (!isWanted) return 'done';
    throw error;
  }
}

async function fail({ videos, log }: RequestServices, videoId: string, error: MediaError): Promise<void> {
  log.warn({ event: 'request.refused', videoId, code: error.code }, `The video cannot be queued: ${error.message}`);
  await videos.recordFinalStatus(videoId, { status: 'failed', errorCode: error.code, errorMessage: error.forUser });
}

/** @throws {MediaError} `queue_unreachable`, `queue_failed`; the signal's reason. */
async function withinDeadline<T>(signal: AbortSignal, ask: (ended: AbortSignal) => Promise<T>): Promise<T> {
  const deadline = startDeadline(ANSWER_MS, signal);
  try {
    return await raceAbort(ask(deadline.signal), deadline.signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof MediaError && !deadline.isOver()) throw error;
    const words = deadline.isOver() ? `no answer within ${ANSWER_MS / 1000} s` : toMediaError(error).message;
    throw new MediaError({ code: 'queue_failed', message: `The job was not added: ${words}.`, cause: error });
  } finally {
    deadline.clear();
  }
}
