import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { renderErrorsDocument } from './errors-document.ts';

it('matches docs/errors.md; `npm run docs:errors` generates it', () => {
  const text = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  expect(text).toBe(renderErrorsDocument());
});
