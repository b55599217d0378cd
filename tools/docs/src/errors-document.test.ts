import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { renderErrorsDocument } from './errors-document.ts';

it('is what docs/errors.md says; `npm run docs:errors` writes it', () => {
  const text = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  expect(text).toBe(renderErrorsDocument());
});
