/** `npm ci` of this repository, for the worker alone: what it weighs, and that it warns of nothing. */
import { cp, mkdir, mkdtemp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ROOT, readWorkspaces } from '@supabase-media/test-support/repository';
import { expect, inject, it } from 'vitest';
import { diskUsage } from './support/install-app.ts';
import { run } from './support/run.ts';

const LIMIT_MEGABYTES = 330;
const FFMPEG_MEGABYTES = 190;

const WORKER_ONLY = ['--omit=dev', '--workspace', 'workers/media'];

/** Runs `npm ci` on copies of the manifests, without the scripts, of which ours would compile. */
async function install(flags: readonly string[]): Promise<{ readonly folder: string; readonly warnings: string }> {
  const folder = await mkdtemp(join(inject('packedFolder'), 'worker-'));
  const manifests = [...readWorkspaces().values()].map((workspace) => `${workspace.folder}/package.json`);
  for (const file of ['package.json', 'package-lock.json', '.npmrc', ...manifests]) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await cp(join(ROOT, file), join(folder, file));
  }
  const { stderr } = await run(['npm', 'ci', '--prefer-offline', '--ignore-scripts', ...flags], folder);
  return { folder, warnings: stderr };
}

async function megabytesOf(flags: readonly string[]): Promise<number> {
  const { folder } = await install(flags);
  return Math.round((await diskUsage(join(folder, 'node_modules'))) / 1024);
}

it('is at most 330 MB, most of it ffmpeg and ffprobe, which a flag leaves out', async () => {
  const whole = await megabytesOf(WORKER_ONLY);
  expect(whole).toBeLessThanOrEqual(LIMIT_MEGABYTES);
  const bare = await megabytesOf([...WORKER_ONLY, '--omit=optional']);
  expect(whole - bare).toBeGreaterThanOrEqual(FFMPEG_MEGABYTES);
});

it('warns of no package that asks for another Node', async () => {
  expect((await install(['--dry-run'])).warnings).not.toContain('EBADENGINE');
});
