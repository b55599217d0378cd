import { describe, expect, it } from 'vitest';
import { type Asked, classifyAnswer } from './classify-answer.ts';
import {
  ABSENCES_MAX,
  decideNextStep,
  type Failure,
  LOCK_WAIT_MS,
  LOCKS_MAX,
  NEW_UPLOADS_MAX,
  type Situation,
  waitBefore,
} from './decide-next-step.ts';
import { FAULTS, type Fault } from './faults.ts';

const MIB = 1024 * 1024;

/** A browser whose upload is going well. */
const BROWSER: Situation = {
  pathWorked: true,
  otherPathOpen: true,
  canShrink: true,
  hidesAnswers: true,
  canRenewToken: true,
  failuresInRow: 0,
  vanishedBodies: 0,
  renewalsInRow: 0,
  locksInRow: 0,
  newUploads: 0,
  maxRetries: 5,
};
/** A worker on the resumable route. */
const WORKER: Situation = { ...BROWSER, otherPathOpen: false, hidesAnswers: false, canRenewToken: false };
/** A worker that sends a file in one request. */
const SINGLE: Situation = { ...WORKER, otherPathOpen: true, canShrink: false };

const answer = (asked: Asked, status: number, body: string, bodyBytes = 0): Failure => ({
  ...classifyAnswer({ status, header: () => undefined, body }, { asked, hidesHeaders: true, now: 0 }),
  asked,
  bodyBytes,
});
const silence = (asked: Asked, bodyBytes: number, fault: Fault = 'upload_interrupted'): Failure => ({
  fault,
  asked,
  bodyBytes,
  message: 'for the test',
});
const storage = (status: string, message: string, code = '') => JSON.stringify({ statusCode: status, message, code });
const NGINX_413 = '<html><head><title>413 Request Entity Too Large</title></head></html>';

const decide = (failure: Failure, changes: Partial<Situation> = {}) =>
  decideNextStep(failure, { ...BROWSER, ...changes });

describe('answers of Storage, as measured on 1.11.2', () => {
  it.each<[string, Failure, object]>([
    ['an upload that is gone, asked', answer('offset', 404, ''), { step: 'new-upload' }],
    ['an upload that is gone, appended to', answer('append', 410, 'gone'), { step: 'new-upload' }],
    [
      'an offset that is not the server’s',
      answer('append', 409, 'Upload-Offset conflict'),
      { step: 'retry', spends: 'locks' },
    ],
    ['an object that is there', answer('append', 409, 'The resource already exists'), { step: 'check-object' }],
    [
      'the same, from REST',
      answer('rest', 400, storage('409', 'The resource already exists', 'KeyAlreadyExists')),
      { step: 'check-object' },
    ],
    ['a lock', answer('offset', 423, ''), { step: 'retry', spends: 'locks' }],
    [
      'a token that ran out',
      answer('append', 400, storage('403', '"exp" claim timestamp check failed')),
      { step: 'renew-token' },
    ],
    ['the same without words: HEAD has no body', answer('offset', 400, ''), { step: 'renew-token' }],
    [
      'a forged token',
      answer('rest', 400, storage('400', 'Invalid signature', 'InvalidSignature')),
      { step: 'renew-token' },
    ],
    ['a file over the limit', answer('create', 413, 'Maximum size exceeded'), { step: 'give-up' }],
    [
      'the same, from REST',
      answer('rest', 400, storage('413', 'The object exceeded the maximum allowed size', 'EntityTooLarge')),
      { step: 'give-up' },
    ],
    [
      'a type that the bucket refuses',
      answer('rest', 400, storage('415', 'mime type text/plain is not supported', 'InvalidMimeType')),
      { step: 'give-up' },
    ],
    ['an overloaded server', answer('append', 503, ''), { step: 'retry', spends: 'budget' }],
    ['a gateway’s 502', answer('append', 502, '<html>'), { step: 'retry', spends: 'budget' }],
    ['what nobody foresaw', answer('append', 418, 'teapot'), { step: 'give-up' }],
    ['a server without TUS', answer('create', 501, ''), { step: 'switch-path' }],
  ])('%s', (_what, failure, expected) => expect(decide(failure)).toEqual(expected));

  it('asks for a token once, then gives up', () => {
    const failure = answer('append', 400, storage('403', 'signature verification failed', 'AccessDenied'));
    expect(decide(failure, { renewalsInRow: 1 })).toEqual({ step: 'give-up' });
    expect(decide(failure, WORKER)).toEqual({ step: 'give-up' });
  });
  it('does not wait for a lock for ever', () => {
    expect(decide(answer('offset', 423, ''), { locksInRow: LOCKS_MAX - 1 })).toMatchObject({ step: 'retry' });
    expect(decide(answer('offset', 423, ''), { locksInRow: LOCKS_MAX })).toEqual({ step: 'give-up' });
  });
  it('does not begin again for ever', () => {
    expect(decide(answer('offset', 404, ''), { newUploads: NEW_UPLOADS_MAX })).toEqual({ step: 'give-up' });
  });
  it('waits for a store that is away, as long as a restart takes, and spends no try', () => {
    const away = silence('offset', 0, 'upload_away');
    expect(decide(away, { ...WORKER, maxRetries: 0 })).toEqual({ step: 'retry', spends: 'absences' });
    expect(decide(away, { ...WORKER, absencesInRow: ABSENCES_MAX })).toEqual({ step: 'give-up' });
    const patient = { ...WORKER, absencesInRow: ABSENCES_MAX, maxAbsences: ABSENCES_MAX + 1 };
    expect(decide(away, patient)).toEqual({ step: 'retry', spends: 'absences' });
    const waits = Array.from({ length: ABSENCES_MAX }, (_, at) =>
      waitBefore({ spends: 'absences', failures: at + 1, random: 0 }),
    );
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(120_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(15_000);
  });
  it('sends smaller parts where Storage refuses a large one of a file that it took', () => {
    const shrink = { step: 'shrink', bodyBytes: 12 * MIB, isCertain: false };
    for (const [status, words] of [
      [400, 'chunk size'],
      [413, 'Maximum size exceeded'],
    ] as const) {
      expect(decide(answer('append', status, words, 12 * MIB), WORKER)).toEqual(shrink);
      expect(decide(answer('append', status, words, 6 * MIB), WORKER)).toEqual({ step: 'give-up' });
    }
  });
  it('begins again when Storage takes back what it acknowledged', () => {
    expect(decide(silence('offset', 0, 'upload_untrusted'))).toEqual({ step: 'new-upload' });
  });
});

describe('a gateway that takes only small bodies', () => {
  const refused = answer('append', 413, NGINX_413, 6 * MIB);
  it('is sent less', () => {
    for (const situation of [BROWSER, WORKER])
      expect(decide(refused, situation)).toEqual({ step: 'shrink', bodyBytes: 6 * MIB, isCertain: true });
  });
  it('is recognised without its answer, which a browser may not read', () => {
    expect(decide(silence('append', 6 * MIB))).toMatchObject({ step: 'retry' });
    expect(decide(silence('append', 6 * MIB), { vanishedBodies: 1 })).toMatchObject({
      step: 'shrink',
      isCertain: false,
    });
    expect(decide(silence('append', 6 * MIB), { ...WORKER, vanishedBodies: 1 })).toMatchObject({ step: 'retry' });
  });
  it('is not taken for one while not even questions are answered', () => {
    const away = { vanishedBodies: 1, failuresInRow: 3, otherPathOpen: false };
    expect(decide(silence('offset', 0), away)).toMatchObject({ step: 'retry' });
  });
  it('is gone around when it takes nothing', () => {
    const stuck = { vanishedBodies: 2, canShrink: false };
    expect(decide(silence('append', 1_000_000), stuck)).toEqual({ step: 'switch-path' });
    expect(decide(refused, { canShrink: false })).toEqual({ step: 'switch-path' });
    expect(decide(refused, { canShrink: false, otherPathOpen: false })).toEqual({ step: 'give-up' });
  });
});

describe('a path that does not answer', () => {
  it('is left at once when it never has', () => {
    expect(decide(silence('offset', 0), { pathWorked: false })).toEqual({ step: 'switch-path' });
  });
  it('says nothing about the paths when neither answers', () => {
    const nowhere = { pathWorked: false, otherPathOpen: false };
    expect(decide(silence('offset', 0), nowhere)).toMatchObject({ step: 'retry', forgetPaths: true });
  });
  it('is left after three failures in a row, also when it has worked', () => {
    expect(decide(silence('offset', 0), { failuresInRow: 1 })).toMatchObject({ step: 'retry' });
    expect(decide(silence('offset', 0), { failuresInRow: 2 })).toEqual({ step: 'switch-path' });
  });
  it('is tried as often as allowed', () => {
    const only = { otherPathOpen: false };
    expect(decide(silence('offset', 0), { ...only, failuresInRow: 4 })).toEqual({ step: 'retry', spends: 'budget' });
    expect(decide(silence('offset', 0), { ...only, failuresInRow: 5 })).toEqual({ step: 'give-up' });
    const still = decide(silence('append', 9, 'upload_stalled'), { ...only, failuresInRow: 5 });
    expect(still).toEqual({ step: 'give-up' });
  });
});

describe('a file that is sent in one request', () => {
  const stepAfter = (fault: Fault, bodyBytes: number, changes: Partial<Situation> = {}) =>
    decideNextStep(silence('rest', bodyBytes, fault), { ...SINGLE, ...changes });
  it('moves to the resumable route at once when an edge refuses the body', () => {
    expect(stepAfter('edge_too_large', 500_000_000)).toEqual({ step: 'switch-path' });
  });
  it('moves there after a break, and waits first: it may be the network', () => {
    expect(stepAfter('upload_interrupted', 500_000_000)).toEqual({ step: 'switch-path', spends: 'budget' });
    expect(stepAfter('gateway_failed', 500_000_000)).toEqual({ step: 'switch-path', spends: 'budget' });
    expect(stepAfter('upload_interrupted', 500_000_000, { failuresInRow: 5 })).toEqual({ step: 'give-up' });
  });
  it('never moves when Storage itself finds the file too large', () => {
    expect(stepAfter('object_too_large', 500_000_000)).toEqual({ step: 'give-up' });
  });
  it('stays with the route that was asked for', () => {
    expect(stepAfter('edge_too_large', 500_000_000, { otherPathOpen: false })).toEqual({ step: 'give-up' });
    expect(stepAfter('upload_interrupted', 500_000_000, { otherPathOpen: false })).toMatchObject({ step: 'retry' });
  });
  it('stays where there is little to lose', () => {
    expect(stepAfter('upload_interrupted', 1_000_000)).toMatchObject({ step: 'retry' });
  });
});

describe('every fault', () => {
  it.each(Object.keys(FAULTS) as Fault[])('%s ends, however often it comes back', (fault) => {
    const spent = {
      failuresInRow: 5,
      locksInRow: LOCKS_MAX,
      absencesInRow: ABSENCES_MAX,
      renewalsInRow: 1,
      newUploads: NEW_UPLOADS_MAX,
      canShrink: false,
      otherPathOpen: false,
    };
    const { step } = decide(silence('append', 9, fault), spent);
    expect(step).toBe(fault === 'object_exists' ? 'check-object' : 'give-up');
  });
});

describe('the wait before a step', () => {
  const wait = (spends: 'budget' | 'locks', failures: number, retryAfterMs?: number, baseMs?: number) =>
    waitBefore({ spends, failures, random: 0, retryAfterMs, baseMs });
  it('doubles where it spends the budget', () => {
    expect([1, 2, 3].map((failures) => wait('budget', failures))).toEqual([1000, 2000, 4000]);
  });
  it('does not grow for a lock', () => {
    expect([1, 9].map((failures) => wait('locks', failures))).toEqual([LOCK_WAIT_MS, LOCK_WAIT_MS]);
    expect(wait('locks', 1, undefined, 10)).toBe(15);
  });
  it('is never shorter than what the server asked for', () => {
    expect(wait('budget', 1, 7000)).toBe(7000);
    expect(wait('locks', 1, 3000)).toBe(3000);
  });
});
