/**
 * What packages may do is held by their manifests; what npm cannot hold (Node's own modules, globals, the name of a
 * table) are lint rules. This proves that each of them stands.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from '@supabase-media/test-support/repository';
import { afterAll, beforeAll, expect, it } from 'vitest';

let copy: string;
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'media-walls-'));
  for (const name of ['biome.json', 'lint']) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Whether a text would be refused in a file of that name. */
const isRefused = (name: string, text: string): boolean => {
  const file = join(copy, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  const args = [join(ROOT, 'node_modules/@biomejs/biome/bin/biome'), 'lint', '--vcs-enabled=false', file];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' });
  rmSync(file);
  return /Found \d+ error/.test(stdout + stderr);
};

const SPAWN = `import { spawn } from 'node:child_process';\nspawn('x');\n`;
const SERVE = `import { createServer } from 'node:http';\ncreateServer();\n`;
const READ = `import { readFile } from 'node:fs/promises';\nawait readFile('x');\n`;
const JOIN = `import { join } from 'node:path';\njoin('x');\n`;
const TABLE = `export const x = (c: { from(t: string): void }) => c.from('videos');\n`;

it.each([
  ['processes', SPAWN, 'workers/media/src/jobs/x.ts', 'packages/media/src/ffmpeg/x.ts'],
  ['processes', SPAWN, 'packages/storage/src/x.ts', 'packages/media/src/x.ts'],
  ['HTTP servers', SERVE, 'workers/media/src/x.ts', 'packages/service/src/health-server.ts'],
  ['fetch', `await fetch('x');\n`, 'packages/queue/src/x.ts', 'packages/database/src/database.ts'],
  ['files', READ, 'apps/web/src/server/relay/x.ts', 'packages/storage/src/x.ts'],
  ['Node', JOIN, 'packages/uploader/src/client/x.ts', 'packages/uploader/src/client/node/x.ts'],
  ['Node', JOIN, 'packages/upload-protocol/src/x.ts', 'packages/storage/src/x.ts'],
  ['Node', JOIN, 'apps/web/src/page/x.ts', 'apps/web/src/server/x.ts'],
  ['names of tables', TABLE, 'workers/media/src/jobs/x.ts', 'packages/database/src/x.ts'],
])('keeps %s where they belong', (_what, text, refused, allowed) => {
  expect(isRefused(refused, text)).toBe(true);
  expect(isRefused(allowed, text)).toBe(false);
});
