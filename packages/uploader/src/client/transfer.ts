/**
 * Brings the bytes of one session to Storage, however often the way breaks. Each round is one attempt; what follows a
 * failed one is decided by `decide-next-step.ts` and done here. A transfer that was stopped can be run again.
 */
import type { OpenUpload } from '../contract/uploads.ts';
import { waitFor, waitUntilOnline } from './abortable-wait.ts';
import { backoffDelay } from './backoff.ts';
import { decideNextStep, type NextStep, type Situation } from './decide-next-step.ts';
import { type Failure, failureOf } from './failure.ts';
import { selectPath } from './path-selector.ts';
import { runSingleAttempt } from './single-attempt.ts';
import type { Transfer, TransferOptions } from './transfer-types.ts';
import { runTusAttempt } from './tus-attempt.ts';
import { uploadIdOf } from './tus-http-stack.ts';
import { UploadError } from './upload-error.ts';

/** A token that runs out sooner is replaced before a request, in milliseconds. */
const TOKEN_MARGIN_MS = 60_000;

/** Other tabs and devices are told no more often, in milliseconds. */
const TELL_API_EVERY_MS = 10_000;

export async function createTransfer(options: TransferOptions): Promise<Transfer> {
  const { source, meter } = options;
  const ways = await selectPath(options.ways, options.session.chunkBytes);
  let { session } = options;
  let uploadId = options.uploadId ?? (session.uploadUrl === null ? undefined : uploadIdOf(session.uploadUrl));
  let acknowledgedBytes = 0;
  let refreshSignIn = false;
  let toldApiAt = performance.now();
  const counts = { failuresInRow: 0, vanishedBodies: 0, refreshesInRow: 0, locksInRow: 0, newUploads: 0 };
  let runSignal = new AbortController().signal;

  const isSingle = (): boolean => session.strategy === 'single' && ways.way() === 'direct';

  const renewed = (): Promise<OpenUpload> => options.uploads.resume(session.id, { signal: runSignal });

  /** Counts only what came: a tunnel costs tries, and the token that ran out in it is still to be replaced after it. */
  const renewToken = async (): Promise<void> => {
    session = await renewed();
    counts.refreshesInRow++;
  };

  const headers = async (): Promise<Record<string, string>> => {
    if (ways.way() === 'relay') {
      const authorization = await options.client.authorization({ refresh: refreshSignIn });
      refreshSignIn = false;
      return { authorization };
    }
    if (Date.parse(session.tokenExpiresAt) - Date.now() < TOKEN_MARGIN_MS && counts.refreshesInRow === 0)
      await renewToken();
    return { 'x-signature': session.token };
  };

  const onChunk = (chunk: { readonly offset: number; readonly bytes: number; readonly ms: number }): void => {
    Object.assign(counts, { failuresInRow: 0, vanishedBodies: 0, refreshesInRow: 0, locksInRow: 0 });
    acknowledgedBytes = chunk.offset;
    ways.noteConfirmed(chunk);
    meter.planned(ways.chunkBytes());
    meter.confirmed(chunk.offset, { chunk: true });
    options.onPlace({ confirmedBytes: chunk.offset, uploadId: uploadId ?? null });
    if (performance.now() - toldApiAt < TELL_API_EVERY_MS) return;
    toldApiAt = performance.now();
    void options.uploads.reportProgress(session.id, chunk.offset);
  };

  const attempt = async (signal: AbortSignal): Promise<void> => {
    meter.planned(isSingle() ? source.size : ways.chunkBytes());
    const { transport, stallMs } = options;
    const common = { transport, stallMs, source, signal, onSent: meter.sent };
    if (isSingle()) {
      meter.begun(0);
      options.onMoving();
      await runSingleAttempt({ ...common, url: session.endpoint, contentType: session.contentType });
      meter.confirmed(source.size, { chunk: true });
      return;
    }
    await runTusAttempt({
      ...common,
      endpoint:
        ways.way() === 'direct' ? session.endpoint : new URL(session.relayEndpoint, `${options.client.apiUrl}/`).href,
      uploadId,
      metadata: session.uploadMetadata ?? {
        bucketName: session.bucket,
        objectName: session.path,
        contentType: session.contentType,
        cacheControl: '3600',
      },
      headers,
      chunkBytes: ways.chunkBytes,
      acknowledgedBytes,
      onUploadId: (id) => {
        ways.noteAnswer();
        if (id === uploadId) return;
        uploadId = id;
        begin(0);
      },
      onBegin: begin,
      onChunk,
    });
    meter.confirmed(source.size);
  };

  const begin = (offset: number): void => {
    ways.noteAnswer();
    if (offset > acknowledgedBytes) Object.assign(counts, { failuresInRow: 0, vanishedBodies: 0 });
    acknowledgedBytes = Math.max(acknowledgedBytes, offset);
    meter.begun(offset);
    options.onPlace({ confirmedBytes: offset, uploadId: uploadId ?? null });
    options.onMoving();
  };

  const situation = (): Situation => ({
    ...counts,
    way: ways.way(),
    wayWorked: ways.hasWorked(),
    otherWayOpen: ways.isOtherOpen(),
    canShrink: !isSingle() && ways.canShrink(),
    maxRetries: options.maxRetries,
  });

  const wait = async (step: Extract<NextStep, { step: 'retry' }>, signal: AbortSignal): Promise<void> => {
    if (step.counts) counts.failuresInRow++;
    else counts.locksInRow++;
    const failures = Math.max(1, step.counts ? counts.failuresInRow : 1);
    const lockMs = step.retryAfterMs ?? 0;
    const waitMs = step.counts ? backoffDelay({ failures, random: options.random(), ...step }) : lockMs;
    options.onWait({ error: step.error, waitMs });
    await waitFor(waitMs, { signal, connectivity: options.connectivity });
  };

  const switchPath = (error: UploadError): Verdict => {
    counts.vanishedBodies = 0;
    return ways.takeOther() ? GO_ON : { end: 'failed', error };
  };

  const shrink = async (step: Extract<NextStep, { step: 'smaller' }>): Promise<Verdict> => {
    const isPossible = !isSingle() && (await ways.shrink(step));
    return isPossible ? GO_ON : switchPath(step.error);
  };

  /** Storage lost the upload. The session may have ended with it: the API knows, and perhaps knows another one. */
  const beginAnew = async (): Promise<void> => {
    counts.newUploads++;
    acknowledgedBytes = 0;
    session = await renewed();
    const named = session.uploadUrl === null ? undefined : uploadIdOf(session.uploadUrl);
    uploadId = named === uploadId ? undefined : named;
  };

  const refresh = async (): Promise<void> => {
    if (ways.way() === 'direct') return renewToken();
    // Asked for with the next request, and until it has come.
    refreshSignIn = true;
    counts.refreshesInRow++;
  };

  const act = async (failure: Failure, signal: AbortSignal): Promise<Verdict> => {
    if (failure.kind === 'network' && failure.bodyBytes > 0) ways.noteBreak();
    const step = decideNextStep(failure, situation());
    if (failure.kind === 'network' || failure.kind === 'timeout')
      counts.vanishedBodies = failure.bodyBytes > 0 ? counts.vanishedBodies + 1 : 0;
    switch (step.step) {
      case 'complete':
        meter.confirmed(source.size);
        return { end: 'stored' };
      case 'fail':
        return { end: 'failed', error: step.error };
      case 'retry':
        if (step.forgetPaths) ways.forget();
        await wait(step, signal);
        return GO_ON;
      case 'refresh':
        await refresh();
        return GO_ON;
      case 'new-upload':
        await beginAnew();
        return GO_ON;
      case 'smaller':
        return shrink(step);
      case 'other-way':
        return switchPath(step.error);
    }
  };

  /** One attempt and what follows it; what fails meanwhile (the API, when asked for a token) is decided on likewise. */
  const round = async (signal: AbortSignal): Promise<Verdict> => {
    let error: unknown;
    try {
      await attempt(signal);
      return { end: 'stored' };
    } catch (thrown) {
      error = thrown;
    }
    for (;;) {
      signal.throwIfAborted();
      try {
        return await act(failureOf(error), signal);
      } catch (thrown) {
        error = thrown;
      }
    }
  };

  return {
    startOver: () => {
      uploadId = undefined;
      acknowledgedBytes = 0;
    },
    run: async (signal) => {
      runSignal = signal;
      for (;;) {
        if (!options.connectivity.isOnline())
          options.onWait({ error: new UploadError({ code: 'offline' }), waitMs: Number.POSITIVE_INFINITY });
        await waitUntilOnline({ signal, connectivity: options.connectivity });
        const verdict = await round(signal);
        if (verdict.end === 'stored') return;
        if (verdict.end === 'failed') throw verdict.error;
      }
    },
  };
}

/** What a round came to. */
type Verdict =
  | { readonly end: 'stored' }
  | { readonly end: 'failed'; readonly error: UploadError }
  | { readonly end: 'not-yet' };

const GO_ON: Verdict = { end: 'not-yet' };
