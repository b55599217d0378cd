/**
 * Brings the bytes of one session to Storage: does what `transfer-state.ts` decides, and reports what came of it. A
 * transfer that was stopped can be run again.
 */
import { waitBefore } from '@supabase-media/upload-protocol/decide-next-step';
import { uploadIdOf } from '@supabase-media/upload-protocol/tus';
import type { OpenUpload } from '../contract.ts';
import { type Connectivity, waitFor, waitUntilOnline } from './abortable-wait.ts';
import type { ApiClient } from './api-client.ts';
import type { ContentDigest } from './content-digest.ts';
import { errorOfFailure, failureOf } from './failure.ts';
import type { PathCache } from './path-cache.ts';
import type { ProgressMeter } from './progress.ts';
import { runSingleAttempt } from './single-attempt.ts';
import {
  isSingle,
  nextBytes,
  reduceTransfer,
  startOver,
  startTransfer,
  type TransferEffect,
  type TransferEvent,
} from './transfer-state.ts';
import type { Transport } from './transport.ts';
import { runTusAttempt } from './tus-attempt.ts';
import { UploadError } from './upload-error.ts';
import type { UploadSource } from './upload-source.ts';
import type { UploadsApi } from './uploads-api.ts';

/** What a transfer waits for. */
export interface TransferWait {
  readonly error: UploadError;
  /** Milliseconds. */
  readonly waitMs: number;
}

export interface TransferOptions {
  readonly session: OpenUpload;
  readonly source: UploadSource;
  /** The upload at Storage, where it is not the one that the session names. */
  readonly uploadId: string | null;
  /** Where requests of it ended, as far as an earlier visit knows; see `transfer-state.ts`. */
  readonly requestEnds: readonly number[] | null;
  readonly transport: Transport;
  readonly client: ApiClient;
  readonly uploads: UploadsApi;
  readonly paths: PathCache;
  readonly digest: Pick<ContentDigest, 'advance'>;
  readonly meter: ProgressMeter;
  readonly connectivity: Connectivity;
  /** How long no byte may move, in milliseconds. */
  readonly stallMs: number;
  /** Tries in a row without a newly confirmed byte. */
  readonly maxRetries: number;
  readonly random: () => number;
  /** The resume point changed: the confirmed offset, or the upload at Storage. */
  readonly onResumePoint: (point: {
    readonly confirmedBytes: number;
    readonly uploadId: string | null;
    readonly requestEnds: readonly number[] | null;
  }) => void;
  readonly onWait: (wait: TransferWait) => void;
  /** Bytes move (again). */
  readonly onMoving: () => void;
}

export interface Transfer {
  /**
   * Ends when Storage has every byte.
   *
   * @throws {UploadError} when there is nothing more to try; the signal's reason when it ended the run.
   */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** What is acknowledged from now on is told to this one, and all that was. */
  readonly digestWith: (digest: Pick<ContentDigest, 'advance'>) => void;
  /** The next run sends everything again, whatever Storage says it has. */
  readonly startOver: () => void;
}

/** A token that runs out sooner is renewed before a request, in milliseconds. */
const TOKEN_MARGIN_MS = 60_000;

/** Other tabs and devices are told no more often, in milliseconds. */
const TELL_API_EVERY_MS = 10_000;

/** Effects that take time; each ends in an event. */
type Pending = Extract<TransferEffect, { do: 'await-network' | 'send' | 'renew' | 'wait' | 'end' }>;
type Immediate = Exclude<TransferEffect, Pending>;

const PENDING: ReadonlySet<TransferEffect['do']> = new Set(['await-network', 'send', 'renew', 'wait', 'end']);
const isPending = (effect: TransferEffect): effect is Pending => PENDING.has(effect.do);

export async function createTransfer(options: TransferOptions): Promise<Transfer> {
  const { source, meter, connectivity } = options;
  let { session, digest } = options;
  let toldApiAt = performance.now();
  const namedUpload = (): string | undefined =>
    session.uploadUrl === null ? undefined : uploadIdOf(session.uploadUrl);
  let state = startTransfer({
    size: source.size,
    isSmall: session.strategy === 'single',
    uploadId: options.uploadId ?? namedUpload(),
    requestEnds: options.requestEnds,
    demandedBytes: session.chunkBytes,
    remembered: await options.paths.recall(),
    maxRetries: options.maxRetries,
  });

  const doNow = (effect: Immediate): void => {
    switch (effect.do) {
      case 'remember':
        options.onResumePoint({
          confirmedBytes: effect.confirmedBytes,
          uploadId: state.uploadId ?? null,
          requestEnds: state.requestEnds,
        });
        digest.advance(state);
        break;
      case 'moving':
        meter.begun(effect.offset);
        options.onMoving();
        break;
      case 'tell-api':
        if (performance.now() - toldApiAt < TELL_API_EVERY_MS) break;
        toldApiAt = performance.now();
        void options.uploads.reportProgress(session.id, effect.confirmedBytes);
        break;
      case 'remember-path':
        void options.paths.learnPath(effect.path);
        break;
      case 'remember-refusal':
        void options.paths.learnRefusal(effect.path, effect.bytes);
        break;
    }
  };

  /** @returns the effect that takes time, where one begins. */
  const dispatch = (event: TransferEvent): Pending | undefined => {
    const transition = reduceTransfer(state, event);
    state = transition.state;
    for (const effect of transition.effects) if (!isPending(effect)) doNow(effect);
    return transition.effects.find(isPending);
  };

  const renew = async (signal: AbortSignal): Promise<TransferEvent> => {
    const abandon = state.needsSession === 'untrusted' ? state.uploadId : undefined;
    session = await options.uploads.resume(session.id, { signal, abandon });
    return { type: 'renewed', uploadId: namedUpload(), isStored: session.confirmedBytes >= source.size };
  };

  const headers = async (signal: AbortSignal): Promise<Record<string, string>> => {
    if (state.path === 'relay') {
      const authorization = await options.client.authorization({ refresh: state.refreshSignIn });
      dispatch({ type: 'signed-in' });
      return { authorization };
    }
    const isEnding = Date.parse(session.tokenExpiresAt) - Date.now() < TOKEN_MARGIN_MS;
    if (isEnding && state.renewalsInRow === 0) dispatch(await renew(signal));
    return { 'x-signature': session.token };
  };

  const send = async (signal: AbortSignal): Promise<TransferEvent> => {
    meter.planned(nextBytes(state));
    const { transport, stallMs } = options;
    const common = { transport, stallMs, source, signal, onSent: meter.sent };
    if (isSingle(state)) {
      dispatch({ type: 'began-single' });
      await runSingleAttempt({ ...common, url: session.endpoint, contentType: session.contentType });
      return { type: 'sent' };
    }
    const { bucket, path, contentType } = session;
    const relayEndpoint = () => new URL(session.relayEndpoint, `${options.client.apiUrl}/`).href;
    await runTusAttempt({
      ...common,
      endpoint: state.path === 'direct' ? session.endpoint : relayEndpoint(),
      uploadId: state.uploadId,
      metadata: session.uploadMetadata ?? { bucketName: bucket, objectName: path, contentType, cacheControl: '3600' },
      headers: () => headers(signal),
      chunkBytes: () => nextBytes(state),
      acknowledgedBytes: state.acknowledgedBytes,
      onUploadId: (uploadId) => void dispatch({ type: 'created', uploadId }),
      onBegin: (offset) => void dispatch({ type: 'located', offset }),
      onChunk: (chunk) => {
        dispatch({ type: 'confirmed', ...chunk });
        meter.planned(nextBytes(state));
        meter.confirmed(chunk.offset, { chunk: true });
      },
    });
    return { type: 'sent' };
  };

  const perform = async (effect: Exclude<Pending, { do: 'end' }>, signal: AbortSignal): Promise<TransferEvent> => {
    switch (effect.do) {
      case 'await-network':
        if (!connectivity.isOnline())
          options.onWait({ error: new UploadError({ code: 'offline' }), waitMs: Number.POSITIVE_INFINITY });
        await waitUntilOnline({ signal, connectivity });
        return { type: 'online' };
      case 'wait': {
        const { failure } = effect;
        const waitMs = waitBefore({ ...effect, random: options.random(), retryAfterMs: failure.retryAfterMs });
        options.onWait({ error: errorOfFailure(failure), waitMs });
        await waitFor(waitMs, { signal, connectivity });
        return { type: 'waited' };
      }
      case 'renew':
        return renew(signal);
      case 'send':
        return send(signal);
    }
  };

  return {
    digestWith: (other) => {
      digest = other;
      digest.advance(state);
    },
    startOver: () => {
      state = startOver(state);
    },
    run: async (signal) => {
      let effect = dispatch({ type: 'started' });
      while (effect !== undefined && effect.do !== 'end') {
        const event = await perform(effect, signal).catch((thrown: unknown): TransferEvent => {
          if (!signal.aborted) return { type: 'failed', failure: failureOf(thrown) };
          dispatch({ type: 'stopped' });
          throw signal.reason;
        });
        effect = dispatch(event);
      }
      if (effect?.failure !== undefined) throw errorOfFailure(effect.failure);
      meter.confirmed(source.size, { chunk: isSingle(state) });
    },
  };
}
