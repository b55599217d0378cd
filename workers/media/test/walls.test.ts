/** The walls of the layout are lint rules; this proves that each of them stands. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

let copy: string;
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'media-walls-'));
  for (const name of ['biome.json', 'lint']) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Lints a text as if it stood in a file of the worker. */
const lint = (name: string, text: string): string => {
  const file = join(copy, 'workers/media/src', name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  const args = [join(ROOT, 'node_modules/@biomejs/biome/bin/biome'), 'lint', '--vcs-enabled=false', file];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' });
  rmSync(file);
  return stdout + stderr;
};

describe('a wall', () => {
  it.each([
    ['only queue/ imports bullmq', `import { Queue } from 'bullmq';\nnew Queue('x');\n`, 'queue/x.ts', /queue\//],
    [
      'only ffmpeg/ starts processes',
      `import { spawn } from 'node:child_process';\nspawn('x');\n`,
      'ffmpeg/x.ts',
      /ffmpeg\//,
    ],
    [
      'only storage/ speaks HTTP',
      `import { request } from 'undici';\nawait request('x');\n`,
      'storage/x.ts',
      /storage\//,
    ],
    [
      'only observability/health-server.ts and storage/ open HTTP servers and connections',
      `import { createServer } from 'node:http';\ncreateServer();\n`,
      'observability/health-server.ts',
      /storage\//,
    ],
    ['only storage/ and db/ fetch', `await fetch('x');\n`, 'db/x.ts', /fetch/],
    [
      'only db/ names tables',
      `export const x = (c: { from(t: string): void }) => c.from('videos');\n`,
      'db/x.ts',
      /db\//,
    ],
  ])('%s', (_rule, text, allowed, named) => {
    expect(lint('steps/x.ts', text)).toMatch(named);
    expect(lint('steps/x.ts', text)).toMatch(/Found \d+ error/);
    expect(lint(allowed, text)).not.toMatch(/Found \d+ error/);
  });

  it('keeps dev/ out of the worker', () => {
    const text = `import { startStack } from '@supabase-media/local-stack/stack/start-stack';\nawait startStack();\n`;
    expect(lint('steps/x.ts', text)).toMatch(/never imported/);
  });
});
