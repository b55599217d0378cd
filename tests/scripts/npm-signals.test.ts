/**
 * A container, PM2 or a shell script that started `npm run …` signals npm: the process of the script stops as if it had
 * been told itself, and none is left. At Ctrl-C the terminal signals npm and that process both, and npm hands its own on.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openQueueClient } from '@supabase-media/client';
import { locateTools } from '@supabase-media/media/locate-tools';
import { chooseBackend } from '@supabase-media/queue/backend';
import { QUEUE_NAME } from '@supabase-media/queue/queue-names';
import { openResumeStore } from '@supabase-media/storage/resume-store';
import { uploadFile } from '@supabase-media/storage/uploader';
import { createQueueDatabase } from '@supabase-media/test-support/queue';
import { ROOT } from '@supabase-media/test-support/repository';
import { openStackStorage, openStackVideos, stackEnvironment, uniquePath } from '@supabase-media/test-support/stack';
import { POLICY, SOURCES } from '@supabase-media/test-support/uploads';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder: string;
let environment: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-npm-'));
  environment = {
    ...stackEnvironment(),
    DATABASE_URL: await createQueueDatabase(),
    SHUTDOWN_GRACE_SECONDS: '0',
    METRICS_PORT: '0',
    WEB_HOST: '127.0.0.1',
    WEB_PORT: '0',
    LOG_FORMAT: 'json',
  };
});
afterAll(async () => {
  // Of a run that failed.
  for (const line of await findProcesses(folder)) process.kill(Number.parseInt(line, 10), 'SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** `npm run SCRIPT` in a process group of its own, as a terminal or a supervisor starts it. */
function startScript(script: string, args: readonly string[], workDir: string) {
  const child = spawn('npm', ['run', script, '--', ...args], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    // What a script starts has at least its HOME.
    env: { PATH: process.env.PATH, ...environment, HOME: workDir, WORK_DIR: workDir },
  });
  let written = '';
  const keep = (chunk: unknown) => {
    written += String(chunk);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = once(child, 'exit');
  const { pid } = child;
  if (pid === undefined) throw new Error('npm did not start');
  return {
    pid,
    sees: (text: string) => expect.poll(() => written, { timeout: 50_000 }).toContain(text),
    written: () => written,
    ended,
  };
}

/** Processes of this user that work below the folder: by their environment, or what they were told. */
async function findProcesses(mark: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const read = (file: string) => readFile(file, 'utf8').catch(() => '');
  const lines = await Promise.all(
    pids.map(async (pid) => {
      const line = (await read(`/proc/${pid}/cmdline`)).replaceAll('\0', ' ');
      return `${line} ${await read(`/proc/${pid}/environ`)}`.includes(mark) ? [`${pid} ${line}`] : [];
    }),
  );
  return lines.flat();
}

async function enqueueClip(workDir: string) {
  const { ffmpeg } = await locateTools();
  const file = join(workDir, 'long.avi');
  const picture = 'testsrc2=size=1280x720:rate=25:duration=15';
  const args = ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', picture, '-c:v', 'mpeg4', '-q:v', '8', file];
  const made = spawnSync(ffmpeg.path, args);
  if (made.status !== 0) throw new Error(String(made.stderr));
  const connection = openStackStorage();
  const source = { bucket: SOURCES, path: uniquePath('long.avi') };
  const resumeStore = openResumeStore(join(workDir, 'state'));
  await uploadFile({ connection, policy: POLICY, resumeStore, file, contentType: 'video/mp4', ...source });
  await connection.close();
  const queue = openQueueClient({ databaseUrl: environment.DATABASE_URL, rows: 'elsewhere' });
  try {
    return await queue.enqueueVideo({ ownerId: null, source });
  } finally {
    await queue.close();
  }
}

async function readJob(jobId: string) {
  const { classes, connection } = chooseBackend({ databaseUrl: environment.DATABASE_URL });
  const queue = new classes.Queue(QUEUE_NAME, { connection });
  try {
    const job = (await queue.getJob(jobId)) as unknown as { attemptsMade: number; getState: () => Promise<string> };
    return { attemptsMade: job.attemptsMade, state: await job.getState() };
  } finally {
    await queue.close();
  }
}

const onLinux = it.runIf(process.platform === 'linux');

onLinux.each([
  // What a supervisor sends to the process that it started.
  ['SIGTERM to npm', (pid: number) => process.kill(pid, 'SIGTERM')],
  // What a terminal sends to everything that it started.
  ['Ctrl-C', (pid: number) => process.kill(-pid, 'SIGINT')],
])('%s gives the job of `npm run worker` back, and nothing is left', async (name, send) => {
  const workDir = join(folder, name.replaceAll(/\W/g, ''));
  await mkdir(workDir);
  const { jobId, videoId } = await enqueueClip(workDir);
  const worker = startScript('worker', [], workDir);
  await worker.sees('Encoding');
  send(worker.pid);
  await worker.ended;
  expect(worker.written()).toContain('worker.stopped');
  await expect.poll(() => findProcesses(workDir)).toEqual([]);
  expect(await readJob(jobId)).toMatchObject({ attemptsMade: 0, state: expect.stringMatching(/waiting|prioritized/) });
  expect(await openStackVideos().find(videoId)).toMatchObject({ status: 'queued' });
});

onLinux.each([
  ['web', [], 'Listening on'],
  ['stack', ['--port', '0', '--data'], 'is ready'],
  ['dev', ['--data'], 'Stop everything with Ctrl-C'],
])('`npm run %s` leaves nothing behind', async (script, args, ready) => {
  for (const [signal, group] of [
    ['SIGTERM', 1],
    ['SIGINT', -1],
  ] as const) {
    const workDir = join(folder, `${script}-${signal}`);
    await mkdir(workDir);
    const run = startScript(script, args.length > 0 ? [...args, join(workDir, 'data')] : [], workDir);
    await run.sees(ready);
    expect(await findProcesses(workDir)).not.toEqual([]);
    process.kill(run.pid * group, signal);
    await run.ended;
    await expect.poll(() => findProcesses(workDir), { timeout: 5000 }).toEqual([]);
  }
});
