/** What a page of docs/ tells its reader to type: files, packages, variables. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '@supabase-media/test-support/repository';

export interface Snippets {
  /** Content by path: a block below a line that is nothing but its path. */
  readonly files: ReadonlyMap<string, string>;
  /** Of every shell block, a line each, without blank ones and comments. */
  readonly commands: readonly string[];
  /** Packages of `npm install …`. */
  readonly packages: readonly string[];
  /** Names of the variables in its `.env` file. */
  readonly variables: readonly string[];
}

const BLOCK = /^(?:`([^`\n]+)`:\n\n)?```(\w+)\n([\s\S]*?)^```$/gm;

/** @param page below docs/. */
export async function readSnippets(page: string): Promise<Snippets> {
  const text = await readFile(join(ROOT, 'docs', page), 'utf8');
  const blocks = [...text.matchAll(BLOCK)].map(([, path, language, body]) => ({ path, language, body: String(body) }));
  const isSettings = (path: string): boolean => path.startsWith('.env');
  const named = blocks.flatMap(({ path, body }) => (path === undefined ? [] : [[path, body] as const]));
  const commands = blocks
    .filter(({ path, language }) => path === undefined && language === 'sh')
    .flatMap(({ body }) => body.split('\n').map((line) => line.trim()))
    .filter((line) => line !== '' && !line.startsWith('#'));
  return {
    files: new Map(named.filter(([path]) => !isSettings(path))),
    commands,
    packages: commands.flatMap((line) => /^npm install (.+)$/.exec(line)?.[1]?.split(' ') ?? []),
    variables: named
      .filter(([path]) => isSettings(path))
      .flatMap(([, body]) => [...body.matchAll(/^(\w+)=/gm)].map(([, name]) => String(name))),
  };
}
