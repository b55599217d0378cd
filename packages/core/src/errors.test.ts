import { describe, expect, it } from 'vitest';
import { ERRORS, type ErrorPolicy, FOR_USERS, MediaError, toMediaError } from './errors.ts';

describe('the table of errors', () => {
  it('is in alphabetical order, and each row has a meaning and a hint', () => {
    expect(Object.keys(ERRORS)).toEqual(Object.keys(ERRORS).sort());
    for (const { meaning, hint } of Object.values(ERRORS)) {
      expect(meaning).toMatch(/^[A-Za-z].*\.$/);
      expect(hint).toMatch(/^.*[.?]$/);
    }
  });
});

describe('what users are told', () => {
  it('is in the words of the table, never those of the message', () => {
    const { forUser } = new MediaError({ code: 'ffmpeg_failed', message: 'ffmpeg -i /var/work/x failed' });
    expect(forUser).toBe(ERRORS.ffmpeg_failed.user);
    expect(toMediaError(new Error('connect ECONNREFUSED 10.0.0.7:5432')).forUser).toBe(FOR_USERS);
  });

  it('names no program, path, variable or part of the system', () => {
    for (const { user = FOR_USERS } of Object.values<ErrorPolicy>(ERRORS))
      expect(user).not.toMatch(/ffmpeg|ffprobe|[/\\_]|storage|redis|postgres|database|bucket|worker|queue/i);
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
