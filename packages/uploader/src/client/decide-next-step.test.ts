import { describe, expect, it } from 'vitest';
import { decideNextStep, type Situation } from './decide-next-step.ts';
import { type Asked, type Failure, readSaid } from './failure.ts';
import { UploadError } from './upload-error.ts';

const CALM: Situation = {
  way: 'direct',
  wayWorked: true,
  otherWayOpen: true,
  canShrink: true,
  failuresInRow: 0,
  vanishedBodies: 0,
  refreshesInRow: 0,
  locksInRow: 0,
  newUploads: 0,
  maxRetries: 5,
};

const answer = (asked: Asked, status: number, body: string, more: { bodyBytes?: number; retryAfterMs?: number } = {}) =>
  ({
    kind: 'answer',
    asked,
    status,
    said: readSaid(body),
    bodyBytes: more.bodyBytes ?? 0,
    retryAfterMs: more.retryAfterMs,
  }) satisfies Failure;
const silence = (asked: Asked, bodyBytes: number, kind: 'network' | 'timeout' = 'network') =>
  ({ kind, asked, bodyBytes, cause: new Error('for the test') }) satisfies Failure;
const storage = (status: string, message: string, code = '') => JSON.stringify({ statusCode: status, message, code });
const api = (code: string) => JSON.stringify({ error: { code, message: 'Said by the API.', action: 'Do.' } });
const NGINX_413 = '<html><head><title>413 Request Entity Too Large</title></head></html>';

const decide = (failure: Failure, situation: Partial<Situation> = {}) =>
  decideNextStep(failure, { ...CALM, ...situation });

describe('answers of Storage, as measured on 1.11.2', () => {
  it.each([
    ['an upload that is gone, asked', answer('offset', 404, ''), { step: 'new-upload' }],
    ['an upload that is gone, appended to', answer('append', 410, 'gone'), { step: 'new-upload' }],
    ['an offset that is not the server’s', answer('append', 409, 'Upload-Offset conflict'), { step: 'retry' }],
    ['an object that is there', answer('append', 409, 'The resource already exists'), { step: 'complete' }],
    [
      'the same, from REST',
      answer('put', 400, storage('409', 'The resource already exists', 'KeyAlreadyExists')),
      { step: 'complete' },
    ],
    ['a lock', answer('offset', 423, ''), { step: 'retry', counts: false }],
    [
      'a token that ran out',
      answer('append', 400, storage('403', '"exp" claim timestamp check failed')),
      { step: 'refresh' },
    ],
    ['the same without words: HEAD has no body', answer('offset', 400, ''), { step: 'refresh' }],
    [
      'a forged token',
      answer('put', 400, storage('400', 'Invalid signature', 'InvalidSignature')),
      { step: 'refresh' },
    ],
    [
      'a file over the limit',
      answer('create', 413, 'Maximum size exceeded'),
      { step: 'fail', error: { code: 'too_large' } },
    ],
    [
      'the same, from REST',
      answer('put', 400, storage('413', 'The object exceeded the maximum allowed size', 'EntityTooLarge')),
      { step: 'fail', error: { code: 'too_large' } },
    ],
    [
      'a type that the bucket refuses',
      answer('put', 400, storage('415', 'mime type text/plain is not supported', 'InvalidMimeType')),
      { step: 'fail', error: { code: 'wrong_type' } },
    ],
    [
      'an overloaded server',
      answer('append', 503, '', { retryAfterMs: 7000 }),
      { step: 'retry', counts: true, retryAfterMs: 7000 },
    ],
    ['a gateway’s 502', answer('append', 502, '<html>'), { step: 'retry', counts: true }],
    ['what nobody foresaw', answer('append', 418, 'teapot'), { step: 'fail', error: { code: 'failed' } }],
  ])('%s', (_what, failure, expected) => expect(decide(failure)).toMatchObject(expected));

  it('asks for a token once, then gives up', () => {
    const failure = answer('append', 400, storage('403', 'signature verification failed', 'AccessDenied'));
    expect(decide(failure, { refreshesInRow: 1 })).toMatchObject({ step: 'fail', error: { code: 'not_allowed' } });
  });
  it('does not wait for a lock for ever', () => {
    expect(decide(answer('offset', 423, ''), { locksInRow: 20 })).toMatchObject({ step: 'fail' });
  });
  it('does not begin anew for ever', () => {
    expect(decide(answer('offset', 404, ''), { newUploads: 3 })).toMatchObject({ step: 'fail' });
  });
  it('begins anew when Storage takes back what it acknowledged', () => {
    expect(decide({ kind: 'distrust', message: 'x' })).toEqual({ step: 'new-upload' });
  });
});

describe('a gateway that takes only small bodies', () => {
  const refused = answer('append', 413, NGINX_413, { bodyBytes: 6_291_456 });
  it('is sent less', () => {
    expect(decide(refused)).toMatchObject({ step: 'smaller', bodyBytes: 6_291_456, isCertain: true });
  });
  it('is recognised without its answer, which a browser may not read', () => {
    expect(decide(silence('append', 6_291_456))).toMatchObject({ step: 'retry' });
    expect(decide(silence('append', 6_291_456), { vanishedBodies: 1 })).toMatchObject({
      step: 'smaller',
      isCertain: false,
    });
  });
  it('is not taken for one while not even questions are answered', () => {
    const away = { vanishedBodies: 1, failuresInRow: 3, otherWayOpen: false };
    expect(decide(silence('offset', 0), away)).toMatchObject({ step: 'retry' });
  });
  it('is gone around when it takes nothing', () => {
    const stuck = { vanishedBodies: 2, canShrink: false };
    expect(decide(silence('append', 1_000_000), stuck)).toMatchObject({ step: 'other-way' });
  });
});

describe('a way that does not answer', () => {
  it('is left at once when it never has', () => {
    expect(decide(silence('offset', 0), { wayWorked: false })).toMatchObject({ step: 'other-way' });
  });
  it('says nothing about the ways when neither answers', () => {
    const nowhere = { wayWorked: false, otherWayOpen: false };
    expect(decide(silence('offset', 0), nowhere)).toMatchObject({ step: 'retry', forgetPaths: true });
  });
  it('is left after three failures in a row, also when it has worked', () => {
    expect(decide(silence('offset', 0), { failuresInRow: 1 })).toMatchObject({ step: 'retry' });
    expect(decide(silence('offset', 0), { failuresInRow: 2 })).toMatchObject({ step: 'other-way' });
  });
  it('is tried as often as allowed, then it is a failure with a name', () => {
    const only = { otherWayOpen: false };
    expect(decide(silence('offset', 0), { ...only, failuresInRow: 4 })).toMatchObject({ step: 'retry', counts: true });
    expect(decide(silence('offset', 0), { ...only, failuresInRow: 5 })).toMatchObject({ error: { code: 'offline' } });
    const still = decide(silence('append', 9, 'timeout'), { ...only, failuresInRow: 5 });
    expect(still).toMatchObject({ step: 'fail', error: { code: 'timed_out' } });
  });
});

describe('the relay', () => {
  it('that is full is waited for as it asks, without spending a try', () => {
    const full = answer('append', 429, api('relay_busy'), { retryAfterMs: 3000 });
    expect(decide(full, { failuresInRow: 5 })).toMatchObject({ step: 'retry', counts: false, retryAfterMs: 3000 });
  });
  it('that knows the sign-in no more gets a fresh one, once', () => {
    const expired = answer('append', 401, api('token_expired'));
    expect(decide(expired, { way: 'relay' })).toMatchObject({ step: 'refresh' });
    expect(decide(expired, { way: 'relay', refreshesInRow: 1 })).toMatchObject({
      step: 'fail',
      error: { code: 'signed_out', message: 'Said by the API.' },
    });
  });
  it('that says the session has ended is believed', () => {
    expect(decide(answer('append', 409, api('session_ended')))).toMatchObject({ error: { code: 'session_ended' } });
  });
});

describe('refusals met on the way', () => {
  it('are final where trying again ends the same way', () => {
    const error = new UploadError({ code: 'file_unreadable' });
    expect(decide({ kind: 'refusal', error })).toEqual({ step: 'fail', error });
  });
  it('of a sign-in are final on the direct way: the API was asked with a fresh one already', () => {
    const error = new UploadError({ code: 'signed_out' });
    expect(decide({ kind: 'refusal', error })).toEqual({ step: 'fail', error });
  });
  it('are tried again where they may pass', () => {
    const error = new UploadError({ code: 'server_busy', retryAfterMs: 5 });
    expect(decide({ kind: 'refusal', error })).toMatchObject({ step: 'retry', retryAfterMs: 5 });
  });
});
