import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { renderEnvExample } from './env-example.ts';

it('matches .env.example; `npm run env:example` generates it', () => {
  const text = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
  expect(text).toBe(renderEnvExample());
});
