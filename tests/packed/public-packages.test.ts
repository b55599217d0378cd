/** Each public package as npm delivers it: its manifest, its tarball, and what an app must install for it. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData, type Problem } from '@arethetypeswrong/core';
import { ROOT, readWorkspaces } from '@supabase-media/test-support/repository';
import { publint } from 'publint';
import { describe, expect, inject, it } from 'vitest';
import { installAlone } from './support/install-app.ts';
import { PUBLIC_PACKAGES } from './support/packages.ts';
import { run } from './support/run.ts';

const workspaces = readWorkspaces();
const ours = (name: string): boolean => workspaces.has(name);

/**
 * A CommonJS caller gets an ES module on purpose: Node can require one since 20.19. Resolution that knows no `exports`
 * ("node10") is older than anything that we run on.
 */
const isProblem = (problem: Problem): boolean =>
  problem.kind !== 'CJSResolvesToESM' && !('resolutionKind' in problem && problem.resolutionKind === 'node10');

it('is one of packages/ or workers/, other than what only tests need', () => {
  const folders = [...workspaces.values()].filter(({ manifest }) => manifest.private !== true).map((it) => it.folder);
  expect(folders.filter((folder) => !/^(packages|workers)\//.test(folder))).toEqual([]);
  expect(folders).not.toContain('packages/test-support');
});

it.each([...workspaces])('%s names exact versions, and needs nothing in production that only tests do', (_, it) => {
  const { dependencies = {}, devDependencies = {}, optionalDependencies = {}, private: isPrivate } = it.manifest;
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
    if (ours(name)) expect(version, name).toBe(workspaces.get(name)?.manifest.version);
  }
  for (const name of Object.keys(dependencies).filter(ours))
    expect(workspaces.get(name)?.manifest.private, name).toBe(undefined);
  // `npm ci --omit=dev` installs the dependencies of every workspace.
  if (isPrivate && !it.folder.startsWith('apps/')) expect(Object.keys(dependencies)).toEqual([]);
});

describe.each(PUBLIC_PACKAGES)('%s', (name) => {
  const { folder, manifest } = workspaces.get(name) ?? {};

  it('says what it is, where its source is, and what it runs on', () => {
    expect(manifest).toMatchObject({
      license: 'MIT',
      description: expect.stringMatching(/\.$/),
      engines: { node: '>=20.19' },
      repository: {
        type: 'git',
        url: 'git+https://github.com/supabase-media/supabase-media-worker.git',
        directory: folder,
      },
      publishConfig: { access: 'public' },
    });
  });

  it('brings its licence, a README, its sources and no tests', async () => {
    const tarball = String(inject('tarballs')[name]);
    const { stdout } = await run(['tar', '-tzf', tarball], ROOT);
    const files = stdout.split('\n').map((file) => file.replace(/^package\//, ''));
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
    expect(files.some((file) => file.startsWith('src/'))).toBe(true);
    expect(files.filter((file) => /\.test\.|\.tsbuildinfo$|(^|\/)test\//.test(file))).toEqual([]);
    const licence = await readFile(join(ROOT, String(folder), 'LICENSE'), 'utf8');
    expect(licence).toBe(await readFile(join(ROOT, 'LICENSE'), 'utf8'));
  });

  it('is packed as publint and are-the-types-wrong want it', async () => {
    const tarball = new Uint8Array(await readFile(String(inject('tarballs')[name])));
    const { messages } = await publint({ pack: { tarball: tarball.buffer }, strict: true });
    expect(messages).toEqual([]);
    // A stylesheet has no types.
    const types = await checkPackage(createPackageFromTarballData(tarball), { excludeEntrypoints: [/\.css$/] });
    expect(types.types === false ? ['no types'] : types.problems.filter(isProblem)).toEqual([]);
  });
});

it('@supabase-media/worker brings the migrations', async () => {
  const { stdout } = await run(['tar', '-tzf', String(inject('tarballs')['@supabase-media/worker'])], ROOT);
  const packed = stdout.split('\n').filter((file) => file.startsWith('package/migrations/'));
  const names = (await readdir(join(ROOT, 'supabase/migrations'))).sort();
  expect(packed.sort()).toEqual(names.map((name) => `package/migrations/${name}`));
});

it.each([
  // It writes the rows of videos by the database API, with supabase-js.
  ['@supabase-media/client', 40, ['bullmq', 'ioredis', 'pg'], /react|ffmpeg|fastify|opentelemetry/],
  ['@supabase-media/uploader', 3, [], /bullmq|ioredis|^pg|fastify|zod|undici|pino|supabase-js|react/],
] as const)('%s brings at most %i MB, and nothing that it does not need', async (name, megabytes, needed, unneeded) => {
  const { kilobytes, packages } = await installAlone(name);
  expect(packages).toEqual(expect.arrayContaining([name, ...needed]));
  expect(packages.filter((found) => unneeded.test(found))).toEqual([]);
  expect(kilobytes).toBeLessThanOrEqual(megabytes * 1024);
});
