import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { arrivingInput, assertGuarded, childEnvironment, fileUrl, inputGuards } from './sandbox.ts';

const guards = inputGuards({ maxPixels: 100 });

describe('assertGuarded', () => {
  it('passes a guarded command', () => {
    expect(() => assertGuarded(['-nostdin', ...guards, '-i', 'file:/w/input', '-f', 'null', '-'])).not.toThrow();
  });

  it('passes a file that arrives', () => {
    const input = arrivingInput({ path: '/w/input.partial', sizeBytes: 7 });
    expect(() => assertGuarded(['-nostdin', ...guards, ...input, '-f', 'null', '-'])).not.toThrow();
  });

  it.each<[string, string[]]>([
    ['no -nostdin', [...guards, '-i', 'file:/w/input']],
    ['no guards', ['-nostdin', '-i', 'file:/w/input']],
    ['guards on the first input only', ['-nostdin', ...guards, '-i', 'file:/w/a', '-i', 'file:/w/b']],
    ['guards after the input', ['-nostdin', '-i', 'file:/w/input', ...guards]],
    ['another protocol', ['-nostdin', ...guards, '-i', 'http://127.0.0.1/']],
    ['another protocol that arrives', ['-nostdin', ...guards, '-i', 'subfile,,start,0,end,7,,:http://127.0.0.1/']],
    ['another part of a file', ['-nostdin', ...guards, '-i', 'subfile,,start,3,end,7,,:file:/w/input']],
    ['a relative name', ['-nostdin', ...guards, '-i', 'file:input']],
  ])('refuses %s', (_, args) => {
    expect(() => assertGuarded(args)).toThrow(TypeError);
  });
});

describe('childEnvironment', () => {
  it('passes on no key', () => {
    const environment = childEnvironment({
      PATH: '/bin',
      SUPABASE_SERVICE_ROLE_KEY: 'secret',
      DATABASE_URL: 'postgres://u:p@h',
    });
    expect(environment).toMatchObject({ PATH: '/bin', LC_ALL: 'C' });
    expect(JSON.stringify(environment)).not.toMatch(/secret|postgres/);
  });
});

describe('fileUrl', () => {
  it.each(['-rf', 'a:b', 'http:x', 'with space'])('makes %j an absolute file', (name) => {
    expect(fileUrl(name)).toBe(`file:${join(process.cwd(), name)}`);
  });
});

describe('no call goes round the sandbox', () => {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..');
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') }));
  const importing = (pattern: RegExp) => sources.filter(({ text }) => pattern.test(text)).map(({ name }) => name);

  it('starts processes in one file', () => {
    expect(importing(/^import (?!type ).* from '(node:)?(child_process|worker_threads|cluster)'/m)).toEqual([
      'ffmpeg/run-process.ts',
    ]);
  });

  it('runs ffmpeg and ffprobe through the file that checks the flags; two more ask a program about itself', () => {
    expect(importing(/\brunProcess\(/).sort()).toEqual([
      'ffmpeg/list-parts.ts',
      'ffmpeg/locate.ts',
      'ffmpeg/probe-isolation.ts',
      'ffmpeg/run-process.ts',
    ]);
  });

  it('uses fluent-ffmpeg in one file, to compose', () => {
    expect(importing(/from 'fluent-ffmpeg'/)).toEqual(['ffmpeg/commands/compose.ts']);
  });
});
