import { ERRORS, type RetryClass } from '@supabase-media/core/errors';
import { FAULTS, mayBeStored, type Reaction } from '@supabase-media/upload-protocol/faults';
import { describe, expect, it } from 'vitest';
import { toAnswerError } from './answer-error.ts';

const errorOf = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  toAnswerError(
    { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) },
    { action: 'Uploading b/a.mp4' },
  );

describe('the error of an answer', () => {
  it('tells the true status and the words of Storage', () => {
    const error = errorOf(400, { statusCode: '409', message: 'The resource already exists', code: 'KeyAlreadyExists' });
    expect(error.message).toBe('Uploading b/a.mp4: Storage answered 409, "The resource already exists".');
    expect(error).toMatchObject({
      code: 'object_exists',
      details: { httpStatus: 400, storageCode: 'KeyAlreadyExists' },
    });
  });
  it('says that it was not Storage who answered', () => {
    expect(errorOf(413, '<html><h1>Too Large</h1></html>').message).toBe(
      'Uploading b/a.mp4: A proxy or gateway in front of Storage answered 413, "Too Large".',
    );
    expect(errorOf(504, '').message).toContain('answered 504 without a word');
  });
  it('hands on how long to wait', () => {
    expect(errorOf(429, '', { 'retry-after': '9' }).details.retryAfterMs).toBe(9000);
  });
});

describe('the table of errors and the reactions to them', () => {
  const CLASSES: Readonly<Record<Reaction, readonly RetryClass[]>> = {
    'give-up': ['never'],
    'check-object': ['never'],
    'renew-token': ['never'],
    shrink: ['never'],
    retry: ['backoff', 'after'],
    'new-upload': ['backoff'],
    break: ['backoff', 'ambiguous'],
    lock: ['locked'],
    absence: ['backoff'],
  };
  const shared = Object.entries(FAULTS).filter(([fault]) => fault in ERRORS);
  it.each(shared)('agree on %s: %s', (fault, reaction) => {
    expect(CLASSES[reaction]).toContain(ERRORS[fault as keyof typeof ERRORS].retry);
  });
  it.each(shared)('agree whether %s may have stored the object', (fault) => {
    if (ERRORS[fault as keyof typeof ERRORS].retry === 'ambiguous')
      expect(mayBeStored(fault as keyof typeof FAULTS)).toBe(true);
  });
});
