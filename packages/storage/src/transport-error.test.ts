import { MediaError } from '@supabase-media/core/errors';
import { describe, expect, it } from 'vitest';
import { toTransportError } from './transport-error.ts';

const context = { action: 'Uploading b/a.mp4', sentBytes: 3_000_000, bodyBytes: 9_000_000 };
const failure = (code: string) => Object.assign(new Error(`it said ${code}`), { code });

describe('a request without an answer', () => {
  it.each([
    ['ECONNREFUSED', 'storage_unreachable', 'backoff'],
    ['ECONNRESET', 'upload_interrupted', 'ambiguous'],
    ['EACCES', 'file_missing', 'never'],
  ])('%s is %s', (code, expected, retry) => {
    expect(toTransportError(failure(code), context)).toMatchObject({ code: expected, retry });
  });

  it('says how far it had come', () => {
    expect(toTransportError(failure('ECONNRESET'), context).message).toContain('after 3.00 MB of 9.00 MB');
  });

  it('is named by the first of several addresses that failed', () => {
    const error = new AggregateError([failure('ECONNREFUSED'), failure('ECONNREFUSED')]);
    expect(toTransportError(error, context).code).toBe('storage_unreachable');
  });

  it('keeps an error of ours as it is', () => {
    const error = new MediaError({ code: 'aborted', message: 'stopped' });
    expect(toTransportError(error, context)).toBe(error);
  });
});
