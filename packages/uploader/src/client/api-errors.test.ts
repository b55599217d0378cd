import { describe, expect, it } from 'vitest';
import { errorOfApi, UPLOAD_ERROR_CODES } from './api-errors.ts';
import { UPLOAD_ERRORS } from './upload-error.ts';

describe('refusals of the API', () => {
  it.each(Object.keys(UPLOAD_ERROR_CODES))('%s has a code here and keeps its words', (code) => {
    const error = errorOfApi({ code, message: 'It has 3 GB.', action: 'Take a smaller one.' });
    expect(Object.keys(UPLOAD_ERRORS)).toContain(error.code);
    expect(error).toMatchObject({ message: 'It has 3 GB.', action: 'Take a smaller one.', apiCode: code });
  });
  it('that are newer than the client are failures with the words they came with', () => {
    expect(errorOfApi({ code: 'brand_new', message: 'Look.' })).toMatchObject({ code: 'failed', message: 'Look.' });
    expect(errorOfApi({ code: 'toString' }).code).toBe('failed');
  });
});

describe('errors for people', () => {
  it.each(Object.entries(UPLOAD_ERRORS))('%s says what happened and what to do', (_code, policy) => {
    expect(policy.message).toMatch(/^[A-Z].*\.$/);
    expect(policy.action).toMatch(/^[A-Z].*\.$/);
  });
});
