import { readFileSync } from 'node:fs';
import { WEB_VARIABLES } from '@supabase-media/web/server/config-variables';
import { expect, it } from 'vitest';
import { renderEnvExample } from './env-example.ts';

it('is what .env.example says; `npm run env:example` writes it', () => {
  const text = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
  expect(text).toBe(renderEnvExample(WEB_VARIABLES));
});
