import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { renderConfiguration, unitOf } from './configuration.ts';

it('matches docs/configuration.md; `npm run docs:configuration` generates it', () => {
  const text = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
  expect(text).toBe(renderConfiguration());
});

it.each([
  ['whole seconds from 1 to 86400', 'seconds'],
  ['whole megabytes (1 MB = 1000000 bytes), 0 for no limit', 'megabytes'],
  ['a whole number of jobs from 1 to 64', 'jobs'],
  ['a whole number from 1 to 64', ''],
  ['the name of a bucket', ''],
])('reads the unit of "%s"', (allowed, unit) => expect(unitOf(allowed)).toBe(unit));

it('names every process that reads a variable, and escapes what would break the table', () => {
  const variable = { section: 'Both', allowed: 'a|b', reason: 'Shared.', default: 'a' };
  const text = renderConfiguration([
    { reader: 'worker', table: { SHARED: variable } },
    { reader: 'intake API', table: { SHARED: variable } },
  ]);
  expect(text).toContain('## Both');
  expect(text).toContain('| `SHARED` | `a` | a\\|b |  | Shared. | worker, intake API |');
});
