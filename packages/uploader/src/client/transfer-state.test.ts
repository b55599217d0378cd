/** The transfer without a browser, a network or a clock: rules one by one, then random sequences with invariants. */
import { BROWSER_CHUNKS } from '@supabase-media/upload-protocol/chunk-plan';
import type { Asked } from '@supabase-media/upload-protocol/classify-answer';
import type { Failure } from '@supabase-media/upload-protocol/decide-next-step';
import { FAULTS, type Fault } from '@supabase-media/upload-protocol/faults';
import { describe, expect, it } from 'vitest';
import {
  nextBytes,
  reduceTransfer,
  type StartTransferOptions,
  startOver,
  startTransfer,
  type TransferEffect,
  type TransferEvent,
  type TransferState,
} from './transfer-state.ts';

const MIB = 1024 * 1024;
const SIZE = 40 * MIB;

const start = (changes: Partial<StartTransferOptions> = {}): TransferState =>
  startTransfer({
    size: SIZE,
    isSmall: false,
    uploadId: undefined,
    requestEnds: [],
    demandedBytes: null,
    remembered: { path: 'direct', refusedBytes: {} },
    maxRetries: 5,
    ...changes,
  });

const failed = (fault: Fault, bodyBytes = 0, more: { asked?: Asked; status?: number } = {}): TransferEvent => {
  const failure: Failure = { fault, asked: 'append', bodyBytes, message: 'for the test', ...more };
  return { type: 'failed', failure };
};
const CHUNK: TransferEvent = { type: 'confirmed', offset: 6 * MIB, bytes: 6 * MIB, ms: 100 };

/** Applies events one after the other; tells the last state and all effects. */
function play(state: TransferState, ...events: readonly TransferEvent[]) {
  const effects: TransferEffect[] = [];
  let last = state;
  for (const event of events) {
    const transition = reduceTransfer(last, event);
    last = transition.state;
    effects.push(...transition.effects);
  }
  return { state: last, effects, did: effects.map((effect) => effect.do) };
}
const STARTED: readonly TransferEvent[] = [{ type: 'started' }, { type: 'online' }];

describe('a transfer in which nothing breaks', () => {
  it('waits for a network, sends, remembers, ends', () => {
    const { state, did } = play(start(), ...STARTED, { type: 'created', uploadId: 'a' }, CHUNK, { type: 'sent' });
    expect(did).toEqual(['await-network', 'send', 'remember', 'moving', 'remember', 'tell-api', 'end']);
    expect(state).toMatchObject({ phase: 'stored', uploadId: 'a', acknowledgedBytes: 6 * MIB, requestEnds: [6 * MIB] });
  });
  it('knows where its requests ended, as far as somebody told', () => {
    const at = (offset: number): TransferEvent => ({ type: 'located', offset });
    const ends = (known: readonly number[] | null, ...events: readonly TransferEvent[]) =>
      play(start({ uploadId: 'a', requestEnds: known }), ...STARTED, ...events).state.requestEnds;
    expect(ends([MIB], at(2 * MIB), { ...CHUNK, offset: 8 * MIB })).toEqual([MIB, 2 * MIB, 8 * MIB]);
    expect(ends([MIB, 3 * MIB], at(2 * MIB))).toEqual([MIB, 2 * MIB]);
    expect(ends([MIB], at(MIB), { ...CHUNK, offset: SIZE })).toEqual([MIB]);
    expect(ends(null, at(2 * MIB), CHUNK)).toBeNull();
    expect(ends(null, at(0), CHUNK)).toEqual([6 * MIB]);
  });
  it('sends a small file whole, as long as the path is direct', () => {
    const small = { isSmall: true, size: MIB };
    expect(play(start(small), ...STARTED).effects).toContainEqual({ do: 'send', single: true });
    const relay = start({ ...small, remembered: { path: 'relay', refusedBytes: {} } });
    expect(play(relay, ...STARTED).effects).toContainEqual({ do: 'send', single: false });
  });
  it('can be run again when the API misses bytes', () => {
    const stored = play(start(), ...STARTED, { type: 'created', uploadId: 'a' }, { type: 'sent' }).state;
    expect(play(stored, { type: 'started' }).did).toEqual(['await-network']);
    const again = play(startOver(stored), ...STARTED);
    expect(again.did.at(-1)).toBe('renew');
    expect(again.state).toMatchObject({
      uploadId: 'a',
      needsSession: 'untrusted',
      acknowledgedBytes: 0,
      requestEnds: [],
    });
    expect(startOver(start())).toMatchObject({ uploadId: undefined, needsSession: undefined });
  });
});

describe('the transport path', () => {
  it('that worked when the other did not is remembered once bytes were confirmed on it', () => {
    const left = play(start(), ...STARTED, failed('upload_interrupted', 0, { asked: 'create' }));
    expect(left.state).toMatchObject({ path: 'relay', pathWorked: false });
    expect(left.did).not.toContain('remember-path');
    const { effects, state } = play(left.state, { type: 'online' }, { type: 'created', uploadId: 'a' }, CHUNK);
    expect(effects).toContainEqual({ do: 'remember-path', path: 'relay' });
    expect(state.failedPaths).toEqual([]);
  });
  it('is not remembered when neither answered in between: it was the network', () => {
    const silence = failed('upload_interrupted');
    const { state } = play(start(), ...STARTED, silence, { type: 'online' }, silence);
    expect(state).toMatchObject({ phase: 'waiting', path: 'direct', failedPaths: [] });
    const { did } = play(state, { type: 'waited' }, { type: 'online' }, { type: 'created', uploadId: 'a' }, CHUNK);
    expect(did).not.toContain('remember-path');
  });
  it('keeps what its own gateway takes, and only that is remembered which was said', () => {
    const begun = play(start(), ...STARTED, { type: 'created', uploadId: 'a' }).state;
    const certain = play(begun, failed('edge_too_large', 6 * MIB, { status: 413 }));
    expect(certain.effects).toContainEqual({ do: 'remember-refusal', path: 'direct', bytes: 6 * MIB });
    expect(nextBytes(certain.state)).toBe(3 * MIB);
    const vanish = failed('upload_interrupted', 6 * MIB);
    const inferred = play(
      begun,
      vanish,
      { type: 'waited' },
      { type: 'online' },
      { type: 'located', offset: 0 },
      vanish,
    );
    expect(nextBytes(inferred.state)).toBe(3 * MIB);
    expect(inferred.did).not.toContain('remember-refusal');
    expect(inferred.state.chunks.relay.bytes).toBe(6 * MIB);
  });
  it('is left where Storage demands a size that a gateway refuses', () => {
    const { state } = play(start({ demandedBytes: 6 * MIB }), ...STARTED, failed('edge_too_large', 6 * MIB));
    expect(state.path).toBe('relay');
  });
});

describe('an upload that Storage lost', () => {
  const renewed = (uploadId: string | undefined, isStored = false): TransferEvent => ({
    type: 'renewed',
    uploadId,
    isStored,
  });
  const lose = (fault: Fault) => play(start({ uploadId: 'a' }), ...STARTED, CHUNK, failed(fault, 0, { status: 404 }));

  it('is asked for at the API, and begun again where it names another or none', () => {
    const lost = lose('upload_expired');
    expect(lost.did.at(-1)).toBe('renew');
    const NOTHING = { acknowledgedBytes: 0, requestEnds: [] };
    expect(play(lost.state, renewed('b')).state).toMatchObject({ uploadId: 'b', ...NOTHING });
    expect(play(lost.state, renewed(undefined)).state).toMatchObject({ uploadId: undefined, ...NOTHING });
  });
  it('was only away where the API names it again: nothing is sent anew, and it is not counted as lost', () => {
    const { state } = play(lose('upload_expired').state, renewed('a'));
    expect(state).toMatchObject({ uploadId: 'a', acknowledgedBytes: 6 * MIB, requestEnds: [6 * MIB], newUploads: 1 });
    const next: TransferEvent = { type: 'confirmed', offset: 12 * MIB, bytes: 6 * MIB, ms: 100 };
    expect(play(state, { type: 'online' }, next).state.newUploads).toBe(0);
    let again = state;
    for (let time = 2; time <= 3; time++)
      again = play(again, { type: 'online' }, failed('upload_expired', 0, { status: 404 }), renewed('a')).state;
    expect(play(again, { type: 'online' }, failed('upload_expired', 0, { status: 404 })).state.phase).toBe('failed');
  });
  it('is gone on with by no means where Storage said what cannot be true', () => {
    const { state } = lose('upload_untrusted');
    expect(state).toMatchObject({ phase: 'renewing', needsSession: 'untrusted', uploadId: 'a' });
    expect(play(state, renewed('a')).state.uploadId).toBeUndefined();
    expect(play(state, renewed('b')).state.uploadId).toBe('b');
  });
  it.each(['upload_expired', 'upload_untrusted'] as const)(
    'ends the transfer when the API has seen the object: %s',
    (fault) => {
      const { state, did } = play(lose(fault).state, renewed('a', true));
      expect([state.phase, did]).toEqual(['stored', ['end']]);
    },
  );
  it('is asked for again when the API was away, before anything is sent', () => {
    const { state, did } = play(
      start({ uploadId: 'a' }),
      ...STARTED,
      failed('upload_expired', 0, { status: 404 }),
      failed('passing'),
      { type: 'waited' },
      { type: 'online' },
    );
    expect(did.slice(-4)).toEqual(['renew', 'wait', 'await-network', 'renew']);
    expect(state.phase).toBe('renewing');
  });
});

describe('a token', () => {
  const refused = failed('storage_unauthorized', 6 * MIB, { status: 403 });
  it('of Storage is renewed once, and again after progress', () => {
    const once = play(start({ uploadId: 'a' }), ...STARTED, refused);
    expect(once.did.at(-1)).toBe('renew');
    const renewed = play(once.state, { type: 'renewed', uploadId: 'a', isStored: false }, { type: 'online' });
    expect(play(renewed.state, refused).state.phase).toBe('failed');
    expect(play(renewed.state, CHUNK, refused).did.at(-1)).toBe('renew');
  });
  it('of Storage is still to be renewed where the API did not answer', () => {
    const { state } = play(start({ uploadId: 'a' }), ...STARTED, refused, failed('passing'));
    expect(state).toMatchObject({ phase: 'waiting', renewalsInRow: 0, failuresInRow: 1 });
  });
  it('of the user is asked for with the next request on the relay, until it has come', () => {
    const relay = start({ remembered: { path: 'relay', refusedBytes: {} } });
    const { state } = play(relay, ...STARTED, failed('signed_out', 0, { status: 401 }));
    expect(state).toMatchObject({ phase: 'awaiting-network', refreshSignIn: true });
    expect(play(state, { type: 'online' }, { type: 'signed-in' }).state.refreshSignIn).toBe(false);
    expect(play(start(), ...STARTED, failed('signed_out')).state.phase).toBe('failed');
  });
});

it('ignores events that come late', () => {
  const paused = play(start(), ...STARTED, { type: 'stopped' }).state;
  for (const late of [CHUNK, { type: 'sent' }, { type: 'waited' }, failed('upload_interrupted')] as TransferEvent[])
    expect(play(paused, late)).toEqual({ state: paused, effects: [], did: [] });
});

describe('random sequences', () => {
  const PENDING = new Set(['await-network', 'send', 'renew', 'wait', 'end']);
  const FAULT_NAMES = Object.keys(FAULTS) as Fault[];
  /** Faults that no transfer gives up on at once. */
  const PASSING = FAULT_NAMES.filter((fault) => ['retry', 'break', 'lock'].includes(FAULTS[fault]));

  /** Mulberry32: small, and the same everywhere. */
  const createRandom = (seed: number) => {
    let at = seed;
    return () => {
      at = (at + 0x6d2b79f5) | 0;
      let mixed = Math.imul(at ^ (at >>> 15), 1 | at);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
  };

  interface World {
    readonly state: TransferState;
    /** What the runner does: at most one thing at a time. */
    readonly pending: TransferEffect | undefined;
    /** What Storage has of the upload, in bytes. */
    readonly stored: number;
  }

  /** Plays one transfer against a server that fails with probability `trouble`; pauses and resumes in between. */
  function simulate(seed: number, trouble: number, faults: readonly Fault[] = FAULT_NAMES) {
    const random = createRandom(seed);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    let world: World = { state: start({ isSmall: random() < 0.1 }), pending: undefined, stored: 0 };
    let steps = 0;
    let failuresWithoutProgress = 0;

    const dispatch = (event: TransferEvent): void => {
      const { state, effects } = reduceTransfer(world.state, event);
      const began = effects.filter((effect) => PENDING.has(effect.do));
      expect(began.length, 'one thing at a time').toBeLessThanOrEqual(1);
      const isOver = ['waited', 'online', 'sent', 'failed', 'started', 'stopped'].includes(event.type);
      const isRenewal = event.type === 'renewed' && world.pending?.do === 'renew';
      if (!isOver && !isRenewal) expect(began, `${event.type} begins nothing`).toEqual([]);
      for (const effect of effects)
        if (effect.do === 'remember') expect(effect.confirmedBytes).toBeLessThanOrEqual(SIZE);
      world = { ...world, state, pending: isOver || isRenewal ? began[0] : world.pending };
      expect(state.failuresInRow).toBeLessThanOrEqual(state.maxRetries);
      expect(nextBytes(state)).toBeGreaterThan(0);
      if (!state.isSmall || state.path === 'relay')
        expect(nextBytes(state)).toBeLessThanOrEqual(BROWSER_CHUNKS.mostBytes);
    };

    const fail = (bodyBytes: number, asked: Asked): TransferEvent => {
      failuresWithoutProgress++;
      const fault = pick(faults);
      const status = random() < 0.5 ? 500 : undefined;
      return { type: 'failed', failure: { fault, asked, bodyBytes, status, message: 'by chance' } };
    };

    /** One attempt, as the runner makes it: locate, then PATCH after PATCH. Returns what ends it. */
    const attempt = (): TransferEvent => {
      if (random() < trouble) return fail(0, 'offset');
      if (world.state.isSmall && world.state.path === 'direct') {
        dispatch({ type: 'began-single' });
        return random() < trouble ? fail(SIZE, 'rest') : { type: 'sent' };
      }
      if (world.state.uploadId === undefined) {
        world = { ...world, stored: 0 };
        dispatch({ type: 'created', uploadId: `upload-${steps}` });
      } else dispatch({ type: 'located', offset: world.stored });
      let offset = world.stored;
      expect(offset, 'sent from where Storage stands').toBe(world.state.acknowledgedBytes);
      while (offset < SIZE) {
        const bytes = Math.min(nextBytes(world.state), SIZE - offset);
        if (random() < trouble) return fail(bytes, 'append');
        offset += bytes;
        failuresWithoutProgress = 0;
        world = { ...world, stored: offset };
        dispatch({ type: 'confirmed', offset, bytes, ms: random() * 8000 });
        expect(world.state).toMatchObject({ acknowledgedBytes: offset, failuresInRow: 0, locksInRow: 0 });
      }
      return { type: 'sent' };
    };

    dispatch({ type: 'started' });
    while (world.pending?.do !== 'end') {
      expect(++steps, 'it ends').toBeLessThan(5000);
      if (random() < 0.05) {
        dispatch({ type: 'stopped' });
        expect(world.pending).toBeUndefined();
        dispatch({ type: 'started' });
        continue;
      }
      switch (world.pending?.do) {
        case 'await-network':
          dispatch({ type: 'online' });
          break;
        case 'wait':
          dispatch({ type: 'waited' });
          break;
        case 'renew':
          if (random() < trouble) dispatch(fail(0, 'rest'));
          else {
            const uploadId = random() < 0.5 ? world.state.uploadId : undefined;
            const { needsSession } = world.state;
            const isReplaced = needsSession !== undefined && (needsSession === 'untrusted' || uploadId === undefined);
            if (isReplaced) world = { ...world, stored: 0 };
            dispatch({ type: 'renewed', uploadId, isStored: false });
          }
          break;
        case 'send':
          dispatch(attempt());
          break;
        default:
          throw new Error(`Nothing is under way in ${world.state.phase}.`);
      }
    }
    // Locks and budget bound what can fail in a row; renewals, shrinking, switching and new uploads are few.
    expect(failuresWithoutProgress).toBeLessThan(200);
    return { phase: world.state.phase, steps };
  }

  it.each([0, 0.05, 0.3, 0.9])('end, whatever breaks with probability %f', (trouble) => {
    const phases = new Map<string, number>();
    for (let seed = 1; seed <= 500; seed++) {
      const { phase } = simulate(seed, trouble);
      phases.set(phase, (phases.get(phase) ?? 0) + 1);
    }
    expect([...phases.keys()].every((phase) => phase === 'stored' || phase === 'failed')).toBe(true);
    if (trouble === 0) expect(phases.get('stored')).toBe(500);
    if (trouble === 0.9) expect(phases.get('failed')).toBeGreaterThan(400);
  });

  it('end with a failure when nothing but what may pass happens, for ever', () => {
    for (let seed = 1; seed <= 500; seed++) expect(simulate(seed, 1, PASSING).phase).toBe('failed');
  });

  it('end whole when what may pass happens now and then', () => {
    for (let seed = 1; seed <= 500; seed++) expect(simulate(seed, 0.05, PASSING).phase).toBe('stored');
  });
});
