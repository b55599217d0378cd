import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { renderPayloadSchema } from './render-payload-schema.ts';

const text = readFileSync(new URL('../../../docs/payload.schema.json', import.meta.url), 'utf8');

it('is what docs/payload.schema.json says; `npm run docs:payload` writes it', () => {
  expect(text).toBe(renderPayloadSchema());
});

it('describes every field', () => {
  const { properties } = JSON.parse(text) as { properties: Record<string, { description?: string }> };
  for (const property of Object.values(properties)) expect(property.description).toMatch(/\.$/);
});
