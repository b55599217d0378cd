import { expect, it } from 'vitest';
import { z } from 'zod';
import { forgetSecrets } from './forget-secrets.ts';

it('takes out secrets, and nothing else', () => {
  const row = { section: 'Test', allowed: 'anything', reason: 'Test.', schema: z.string() };
  const environment = { KEY: 'secret', PLAIN: 'plain', OTHER: 'other' };
  forgetSecrets({ KEY: { ...row, secret: true }, PLAIN: row, UNSET: { ...row, secret: true } }, environment);
  expect(environment).toEqual({ PLAIN: 'plain', OTHER: 'other' });
});
