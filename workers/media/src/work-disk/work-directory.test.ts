import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { removeJobDirectory, sweepJobDirectories, tidyJobDirectory, withRunDirectory } from './work-directory.ts';

let workDir: string;
let jobsDir: string;
beforeEach(async () => {
  workDir = await mkdtemp(join(tmpdir(), 'media-work-'));
  jobsDir = join(workDir, 'jobs-11111111');
  await mkdir(jobsDir);
});
afterEach(() => rm(workDir, { recursive: true, force: true }));

const makeJob = async (jobId: string, folder = jobsDir): Promise<string> => {
  const run = join(folder, jobId, 'run-1');
  await mkdir(run, { recursive: true });
  await writeFile(join(run, 'input'), 'source');
  return join(folder, jobId);
};

const sweep = async (isLive: (jobId: string) => Promise<boolean>) => {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  return { swept: await sweepJobDirectories({ jobsDir, isLive, log }), lines };
};

it('sweeps the directories of jobs that ended, and keeps those whose state is unknown', async () => {
  for (const jobId of ['ended', 'lives', 'unknown']) await makeJob(jobId);
  const isLive = async (jobId: string) => {
    if (jobId === 'unknown') throw new Error('the queue is away');
    return jobId === 'lives';
  };
  expect(await sweep(isLive)).toEqual({ swept: ['ended'], lines: [] });
  expect(await readdir(jobsDir)).toEqual(['lives', 'unknown']);
});

it('continues after a directory that cannot be removed, and logs it', async () => {
  // Whose inner paths are longer than any path may be: that stops root as well.
  const halves = await Promise.all(
    ['one', 'two'].map(async (half) => {
      const deep = join(workDir, half, ...Array.from({ length: 12 }, () => 'd'.repeat(200)));
      await mkdir(deep, { recursive: true });
      return { top: join(workDir, half), deep };
    }),
  );
  const [stuck, rest] = halves;
  if (stuck === undefined || rest === undefined) throw new Error('there are two');
  const joint = join(stuck.deep, 'rest');
  await rename(rest.top, joint);
  await rename(stuck.top, join(jobsDir, 'a-stuck'));
  await makeJob('b-ended');
  try {
    const { swept, lines } = await sweep(async () => false);
    expect(swept).toEqual(['b-ended']);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ path: join(jobsDir, 'a-stuck') }]);
  } finally {
    await rename(join(jobsDir, 'a-stuck'), stuck.top);
    await rename(joint, rest.top);
  }
});

it('leaves the jobs of another queue to its own workers until they are a week old', async () => {
  const other = join(workDir, 'jobs-22222222');
  await makeJob('runs', other);
  const earlier = await makeJob('video-1', join(workDir, 'jobs'));
  await makeJob('upload-1', join(workDir, 'uploads'));
  const old = new Date(Date.now() - 8 * 86_400_000);
  for (const path of [earlier, join(earlier, 'run-1')]) await utimes(path, old, old);

  expect((await sweep(async () => false)).swept).toEqual([]);
  expect(await readdir(other)).toEqual(['runs']);

  await utimes(join(earlier, 'run-1', 'input'), old, old);
  expect((await sweep(async () => false)).swept).toEqual(['video-1']);
  expect(await readdir(join(workDir, 'uploads'))).toEqual(['upload-1']);
});

it.each(['../victim', '../../victim', '..', '.', '', '/tmp/victim', 'a/b', '.hidden', 'a\0b', 'x'.repeat(200)])(
  'makes and removes nothing for a job that is called %j',
  async (jobId) => {
    const victim = await makeJob('victim', workDir);
    const tidy = { jobsDir, jobId, isUsable: () => false, confirm: async () => {} };
    const run = withRunDirectory({ jobsDir, jobId, keepAfter: () => 'nothing' }, async () => {});
    await expect(run).rejects.toThrow(TypeError);
    await expect(removeJobDirectory({ jobsDir, jobId })).rejects.toThrow(TypeError);
    await expect(tidyJobDirectory(tidy)).rejects.toThrow(TypeError);
    expect(await readdir(join(victim, 'run-1'))).toEqual(['input']);
    expect(await readdir(jobsDir)).toEqual([]);
  },
);

/** A disk without space for one more directory, where mounting is permitted. */
const mountFull = (path: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,nr_inodes=2', 'tmpfs', path]).status === 0;

it('reports a disk without space for a directory as full, not as unusable', async (context) => {
  if (!mountFull(jobsDir)) return context.skip();
  try {
    const work = () => withRunDirectory({ jobsDir, jobId: 'video-1', keepAfter: () => 'job' }, async () => {});
    await expect(work()).rejects.toMatchObject({ code: 'disk_full' });
  } finally {
    spawnSync('umount', ['-l', jobsDir]);
  }
});
