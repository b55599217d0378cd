import { describe, expect, it } from 'vitest';
import { ERRORS, MediaError, toMediaError } from './errors.ts';

describe('the table of errors', () => {
  it('is in alphabetical order, and each row has a meaning and a hint', () => {
    expect(Object.keys(ERRORS)).toEqual(Object.keys(ERRORS).sort());
    for (const { meaning, hint } of Object.values(ERRORS)) {
      expect(meaning).toMatch(/^[A-Za-z].*\.$/);
      expect(hint).toMatch(/^.*[.?]$/);
    }
  });
});

describe('whatever was thrown', () => {
  it('becomes an error of the table', () => {
    expect(toMediaError(new Error('boom'))).toMatchObject({ code: 'unexpected', message: 'boom', retry: 'backoff' });
    expect(toMediaError('boom')).toMatchObject({ code: 'unexpected', message: 'boom' });
    expect(toMediaError(Object.assign(new Error('x'), { code: 'ENOSPC' })).code).toBe('disk_full');
  });

  it('stays what it is when it already is one', () => {
    const error = new MediaError({ code: 'aborted', message: 'x' });
    expect(toMediaError(error)).toBe(error);
  });
});
