/**
 * One transfer as a reducer: `(state, event) → { state, effects }`. Pure: no clock, no network, no browser. The runner
 * (`transfer.ts`) does the effects and reports what came of them. At most one effect that takes time is running, and
 * every event that ends one starts the next or ends the transfer.
 */
import {
  BROWSER_CHUNKS,
  type ChunkPlan,
  growAfterSuccess,
  shrinkAfterBreak,
  shrinkAfterConflict,
  shrinkAfterRefusal,
  startChunks,
} from '@supabase-media/upload-protocol/chunk-plan';
import {
  decideNextStep,
  type Failure,
  type NextStep,
  type Situation,
  type Spends,
} from '@supabase-media/upload-protocol/decide-next-step';
import type { TransportPath } from './path-cache.ts';

/** What the transfer waits for; in `stopped`, `stored` and `failed` for nothing. */
export type TransferPhase = 'stopped' | 'awaiting-network' | 'sending' | 'renewing' | 'waiting' | 'stored' | 'failed';

export interface TransferState {
  readonly phase: TransferPhase;
  /** In bytes. */
  readonly size: number;
  /** The file is small enough for one request, where the path is direct. */
  readonly isSmall: boolean;
  /** The upload at Storage; undefined: none yet. */
  readonly uploadId: string | undefined;
  /** What the server has confirmed of that upload, in bytes: it cannot honestly say less. */
  readonly acknowledgedBytes: number;
  /**
   * Where requests of that upload ended, in bytes, as Storage acknowledged it: ascending. null: not known, since an
   * earlier visit did not say.
   */
  readonly requestEnds: readonly number[] | null;
  readonly path: TransportPath;
  /** The path has answered since it was taken. */
  readonly pathWorked: boolean;
  readonly failedPaths: readonly TransportPath[];
  readonly chunks: Readonly<Record<TransportPath, ChunkPlan>>;
  /**
   * The API is asked for the session before anything is sent, until it has answered. `lost`: Storage does not see the
   * upload, and the API finds out whether it is gone. `untrusted`: another one is to take its place, whatever Storage says.
   */
  readonly needsSession: 'lost' | 'untrusted' | undefined;
  /** The next request asks the app for a sign-in that was not refused yet. */
  readonly refreshSignIn: boolean;
  readonly failuresInRow: number;
  readonly vanishedBodies: number;
  readonly renewalsInRow: number;
  readonly locksInRow: number;
  readonly newUploads: number;
  /** The last of them was only away: once bytes of it are confirmed again, it was not lost. */
  readonly wasAway: boolean;
  readonly maxRetries: number;
}

export type TransferEvent =
  /** Begin, or continue after a stop. */
  | { readonly type: 'started' }
  /** Paused, canceled, or the page goes: whatever was running has ended. */
  | { readonly type: 'stopped' }
  | { readonly type: 'online' }
  | { readonly type: 'waited' }
  /** The session has a fresh token; `uploadId`: the upload that it names. `isStored`: the API has seen the whole object. */
  | { readonly type: 'renewed'; readonly uploadId: string | undefined; readonly isStored: boolean }
  /** A request of a small file begins: nothing of it is there before it ends. */
  | { readonly type: 'began-single' }
  | { readonly type: 'created'; readonly uploadId: string }
  /** Storage said how much it has, before the first PATCH of an attempt. */
  | { readonly type: 'located'; readonly offset: number }
  | { readonly type: 'confirmed'; readonly offset: number; readonly bytes: number; readonly ms: number }
  /** A sign-in that was asked for has come. */
  | { readonly type: 'signed-in' }
  | { readonly type: 'sent' }
  | { readonly type: 'failed'; readonly failure: Failure };

/** The first five take time and end in an event; the others are done at once. */
export type TransferEffect =
  | { readonly do: 'await-network' }
  | { readonly do: 'send'; readonly single: boolean }
  | { readonly do: 'renew' }
  | { readonly do: 'wait'; readonly failure: Failure; readonly spends: Spends; readonly failures: number }
  | { readonly do: 'end'; readonly failure?: Failure }
  | { readonly do: 'remember'; readonly confirmedBytes: number }
  | { readonly do: 'tell-api'; readonly confirmedBytes: number }
  /** Bytes move (again), from this position. */
  | { readonly do: 'moving'; readonly offset: number }
  | { readonly do: 'remember-path'; readonly path: TransportPath }
  | { readonly do: 'remember-refusal'; readonly path: TransportPath; readonly bytes: number };

export interface Transition {
  readonly state: TransferState;
  readonly effects: readonly TransferEffect[];
}

export interface StartTransferOptions {
  readonly size: number;
  readonly isSmall: boolean;
  readonly uploadId: string | undefined;
  /** What earlier visits know of that upload; see {@link TransferState}. */
  readonly requestEnds: readonly number[] | null;
  /** What Storage demands of every chunk, in bytes; null: it takes any. */
  readonly demandedBytes: number | null;
  /** What earlier transfers found out. */
  readonly remembered: {
    readonly path: TransportPath;
    readonly refusedBytes: Partial<Record<TransportPath, number>>;
  };
  readonly maxRetries: number;
}

const NOTHING_SENT = { acknowledgedBytes: 0, requestEnds: [] };
const PROGRESS = { failuresInRow: 0, vanishedBodies: 0 };
const CONFIRMED = { ...PROGRESS, renewalsInRow: 0, locksInRow: 0 };
const OTHER: Readonly<Record<TransportPath, TransportPath>> = { direct: 'relay', relay: 'direct' };

export function startTransfer(options: StartTransferOptions): TransferState {
  const { remembered, demandedBytes } = options;
  const plan = (path: TransportPath): ChunkPlan =>
    startChunks({ range: BROWSER_CHUNKS, demandedBytes, refusedBytes: remembered.refusedBytes[path] });
  return {
    ...CONFIRMED,
    phase: 'stopped',
    size: options.size,
    isSmall: options.isSmall,
    uploadId: options.uploadId,
    acknowledgedBytes: 0,
    requestEnds: options.requestEnds,
    path: remembered.path,
    pathWorked: false,
    failedPaths: [],
    chunks: { direct: plan('direct'), relay: plan('relay') },
    needsSession: undefined,
    refreshSignIn: false,
    newUploads: 0,
    wasAway: false,
    maxRetries: options.maxRetries,
  };
}

/** Whether the whole file is one request. */
export const isSingle = ({ isSmall, path }: TransferState): boolean => isSmall && path === 'direct';

/** Of the next request, in bytes. */
export const nextBytes = (state: TransferState): number =>
  isSingle(state) ? state.size : state.chunks[state.path].bytes;

/** The next run sends everything again, whatever Storage says it has. */
export const startOver = (state: TransferState): TransferState => ({
  ...state,
  ...NOTHING_SENT,
  ...(state.uploadId === undefined || state.isSmall ? { uploadId: undefined } : { needsSession: 'untrusted' as const }),
});

/** In which phases an event means something; elsewhere it is late, and ignored. */
const EXPECTED: Readonly<Record<TransferEvent['type'], readonly TransferPhase[]>> = {
  started: ['stopped', 'stored', 'failed'],
  stopped: ['awaiting-network', 'sending', 'renewing', 'waiting'],
  online: ['awaiting-network'],
  waited: ['waiting'],
  renewed: ['renewing', 'sending'],
  'began-single': ['sending'],
  created: ['sending'],
  located: ['sending'],
  confirmed: ['sending'],
  'signed-in': ['sending'],
  sent: ['sending'],
  failed: ['sending', 'renewing'],
};

export function reduceTransfer(state: TransferState, event: TransferEvent): Transition {
  if (!EXPECTED[event.type].includes(state.phase)) return { state, effects: [] };
  switch (event.type) {
    case 'stopped':
      return { state: { ...state, phase: 'stopped' }, effects: [] };
    case 'started':
    case 'waited':
      return awaitNetwork(state);
    case 'online':
      if (state.needsSession !== undefined) return renew(state);
      return { state: { ...state, phase: 'sending' }, effects: [{ do: 'send', single: isSingle(state) }] };
    case 'renewed':
      return afterRenewal(state, event);
    case 'began-single':
      return { state, effects: [{ do: 'moving', offset: 0 }] };
    case 'created':
      return afterCreation(state, event.uploadId);
    case 'located':
      return locate(state, event.offset);
    case 'confirmed':
      return confirm(state, event);
    case 'signed-in':
      return { state: { ...state, refreshSignIn: false }, effects: [] };
    case 'sent':
      return { state: { ...state, phase: 'stored' }, effects: [{ do: 'end' }] };
    case 'failed':
      return afterFailure(state, event.failure);
  }
}

const awaitNetwork = (state: TransferState, effects: readonly TransferEffect[] = []): Transition => ({
  state: { ...state, phase: 'awaiting-network' },
  effects: [...effects, { do: 'await-network' }],
});

/** Counted only when it came: a tunnel costs tries, and the token that ran out in it is still to be renewed after it. */
function afterRenewal(
  state: TransferState,
  { uploadId: named, isStored }: { readonly uploadId: string | undefined; readonly isStored: boolean },
): Transition {
  // The last answer was lost, and the upload with it: whether the object is ours its digests tell.
  if (state.needsSession !== undefined && isStored)
    return { state: { ...state, needsSession: undefined, phase: 'stored' }, effects: [{ do: 'end' }] };
  // The session may have ended with the upload: the API knows, and perhaps names another one.
  if (state.needsSession !== undefined) return awaitNetwork(afterLoss(state, named));
  const renewed = { ...state, renewalsInRow: state.renewalsInRow + 1 };
  // In the middle of an attempt its requests continue with the new token.
  return state.phase === 'sending' ? { state: renewed, effects: [] } : awaitNetwork(renewed);
}

/** The API has asked Storage itself: an upload that it names again was away, and is gone on with. */
function afterLoss(state: TransferState, named: string | undefined): TransferState {
  const { needsSession, uploadId } = state;
  const settled = { ...state, needsSession: undefined, wasAway: false };
  if (named === uploadId && needsSession === 'lost') return { ...settled, wasAway: true };
  // An API of an earlier release names the same again: then another one is made at Storage.
  return { ...settled, ...NOTHING_SENT, uploadId: named === uploadId ? undefined : named };
}

function afterCreation(state: TransferState, uploadId: string): Transition {
  const answered = { ...state, pathWorked: true };
  return uploadId === state.uploadId
    ? { state: answered, effects: [] }
    : locate({ ...answered, ...NOTHING_SENT, uploadId }, 0);
}

function locate(state: TransferState, offset: number): Transition {
  const isProgress = offset > state.acknowledgedBytes;
  return {
    state: {
      ...state,
      ...(isProgress && PROGRESS),
      pathWorked: true,
      acknowledgedBytes: Math.max(state.acknowledgedBytes, offset),
      requestEnds: endRequest(state, offset),
    },
    effects: [
      { do: 'remember', confirmedBytes: offset },
      { do: 'moving', offset },
    ],
  };
}

/** The ends of requests, once Storage has said that it has `offset` bytes. */
function endRequest({ requestEnds, size }: TransferState, offset: number): readonly number[] | null {
  if (requestEnds === null) return offset === 0 ? [] : null;
  const before = requestEnds.filter((end) => end < offset);
  return offset > 0 && offset < size ? [...before, offset] : before;
}

function confirm(state: TransferState, chunk: { offset: number; bytes: number; ms: number }): Transition {
  const { path, failedPaths } = state;
  // Another path failed before this one worked: worth knowing next time.
  const isFound = failedPaths.includes(OTHER[path]);
  return {
    state: {
      ...state,
      ...CONFIRMED,
      newUploads: state.wasAway ? state.newUploads - 1 : state.newUploads,
      wasAway: false,
      acknowledgedBytes: chunk.offset,
      requestEnds: endRequest(state, chunk.offset),
      chunks: { ...state.chunks, [path]: growAfterSuccess(state.chunks[path], chunk) },
      failedPaths: failedPaths.filter((failed) => failed !== OTHER[path]),
    },
    effects: [
      { do: 'remember', confirmedBytes: chunk.offset },
      { do: 'tell-api', confirmedBytes: chunk.offset },
      ...(isFound ? [{ do: 'remember-path', path } as const] : []),
    ],
  };
}

/** What a failure says about the sizes and bodies of its path, whatever follows. */
function learn(state: TransferState, { fault, bodyBytes, status }: Failure): TransferState {
  const plan = state.chunks[state.path];
  const isSilence = status === undefined && (fault === 'upload_interrupted' || fault === 'upload_stalled');
  const vanishedBodies = !isSilence ? state.vanishedBodies : bodyBytes > 0 ? state.vanishedBodies + 1 : 0;
  const isBreak = isSilence && fault === 'upload_interrupted' && bodyBytes > 0;
  const chunks =
    fault === 'upload_conflict' ? shrinkAfterConflict(plan, bodyBytes) : isBreak ? shrinkAfterBreak(plan) : plan;
  return { ...state, vanishedBodies, chunks: { ...state.chunks, [state.path]: chunks } };
}

const situationOf = (state: TransferState, failure: Failure): Situation => ({
  pathWorked: state.pathWorked,
  otherPathOpen: !state.failedPaths.includes(OTHER[state.path]),
  canShrink: !isSingle(state) && shrinkAfterRefusal(state.chunks[state.path], failure.bodyBytes) !== undefined,
  hidesAnswers: true,
  // What the client asks of the API on the direct path was asked with a fresh sign-in already.
  canRenewToken: failure.fault !== 'signed_out' || state.path === 'relay',
  failuresInRow: state.failuresInRow,
  vanishedBodies: state.vanishedBodies,
  renewalsInRow: state.renewalsInRow,
  locksInRow: state.locksInRow,
  newUploads: state.newUploads,
  maxRetries: state.maxRetries,
});

function afterFailure(before: TransferState, failure: Failure): Transition {
  const step = decideNextStep(failure, situationOf(before, failure));
  return act(learn(before, failure), failure, step);
}

function act(state: TransferState, failure: Failure, step: NextStep): Transition {
  switch (step.step) {
    case 'give-up':
      return { state: { ...state, phase: 'failed' }, effects: [{ do: 'end', failure }] };
    // An answer was lost: the API looks at the object.
    case 'check-object':
      return { state: { ...state, phase: 'stored' }, effects: [{ do: 'end' }] };
    case 'retry':
      return wait(step.forgetPaths ? forgetPaths(state) : state, failure, step.spends);
    case 'switch-path':
      return awaitNetwork(switchPath(state));
    case 'shrink':
      return shrink(state, step);
    case 'new-upload':
      return renew({
        ...state,
        newUploads: state.newUploads + 1,
        needsSession: failure.fault === 'upload_untrusted' ? 'untrusted' : 'lost',
      });
    case 'renew-token':
      if (state.path === 'direct') return renew(state);
      // Asked for with the next request, and until it has come.
      return awaitNetwork({ ...state, refreshSignIn: true, renewalsInRow: state.renewalsInRow + 1 });
  }
}

const renew = (state: TransferState): Transition => ({
  state: { ...state, phase: 'renewing' },
  effects: [{ do: 'renew' }],
});

function wait(state: TransferState, failure: Failure, spends: Spends): Transition {
  const count = spends === 'budget' ? 'failuresInRow' : 'locksInRow';
  const failures = state[count] + 1;
  return {
    state: { ...state, phase: 'waiting', [count]: failures },
    effects: [{ do: 'wait', failure, spends, failures }],
  };
}

/** No path answers, so it is the network: what failed says nothing about the paths. */
const forgetPaths = (state: TransferState): TransferState => ({
  ...state,
  failedPaths: [],
  path: 'direct',
  pathWorked: false,
});

const switchPath = (state: TransferState): TransferState => ({
  ...state,
  vanishedBodies: 0,
  failedPaths: [...state.failedPaths, state.path],
  path: OTHER[state.path],
  pathWorked: false,
});

function shrink(state: TransferState, refusal: { bodyBytes: number; isCertain: boolean }): Transition {
  const { path } = state;
  const plan = state.chunks[path];
  const chunks = { ...state.chunks, [path]: shrinkAfterRefusal(plan, refusal.bodyBytes) ?? plan };
  const remembered = refusal.isCertain ? [{ do: 'remember-refusal', path, bytes: refusal.bodyBytes } as const] : [];
  return awaitNetwork({ ...state, chunks }, remembered);
}
