import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { formatDotenv, removeStaleEnvironmentFile, writeEnvironmentFile } from './environment.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'environment-'));
});

afterAll(() => rm(folder, { recursive: true }));

it('quotes what dotenv would misread', () => {
  expect(formatDotenv({ A: 'http://127.0.0.1:1', B: 'a b#c', C: "it's" })).toBe(
    "A=http://127.0.0.1:1\nB='a b#c'\nC=`it's`\n",
  );
});

it('replaces the file as a whole, and removes only what it wrote', async () => {
  const file = join(folder, '.env');
  await writeFile(file, 'MINE=1\n');
  await removeStaleEnvironmentFile(file);
  expect(await readdir(folder)).toEqual(['.env']);
  await writeEnvironmentFile(file, { A: '1' });
  expect(await readFile(file, 'utf8')).toContain('\nA=1\n');
  await removeStaleEnvironmentFile(file);
  expect(await readdir(folder)).toEqual([]);
});
