/** The walls of the intake are lint rules; this proves that each of them stands. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

let copy: string;
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'web-walls-'));
  for (const name of ['biome.json', 'lint']) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Whether a text would be refused in a file of the intake. */
const isRefused = (name: string, text: string): boolean => {
  const file = join(copy, 'apps/web/src', name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  const args = [join(ROOT, 'node_modules/@biomejs/biome/bin/biome'), 'lint', '--vcs-enabled=false', file];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' });
  rmSync(file);
  return /Found \d+ error/.test(stdout + stderr);
};

it.each([
  ['undici', `import { request } from 'undici';\nawait request('x');\n`, 'server/uploads/x.ts', 'server/relay/x.ts'],
  [
    'the Supabase client',
    `import { createClient } from '@supabase/supabase-js';\ncreateClient('x', 'y');\n`,
    'server/http/x.ts',
    'server/database/x.ts',
  ],
  ['files', `import { open } from 'node:fs/promises';\nawait open('x');\n`, 'server/relay/x.ts', 'client/node/x.ts'],
  ['Node', `import { join } from 'node:path';\njoin('x');\n`, 'client/x.ts', 'client/node/x.ts'],
  ['the server', `import { x } from '../server/x.ts';\nx();\n`, 'contract/x.ts', 'server/http/y.ts'],
])('keeps %s where it belongs', (_what, text, refused, allowed) => {
  expect(isRefused(refused, text)).toBe(true);
  expect(isRefused(allowed, text)).toBe(false);
});
