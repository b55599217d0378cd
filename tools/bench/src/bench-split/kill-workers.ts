/** Kills workers at random while they encode one long video, and looks at what became of it. */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { openQueueClient } from '@supabase-media/client';
import { Closers } from '@supabase-media/local-stack/stack/closers';
import { openJobAdmin } from '@supabase-media/queue/job-admin';
import { downloadFile } from '@supabase-media/storage/download';
import { writeSleepingFfmpeg } from './sleeping-ffmpeg.ts';
import { makeSmallVideo, openSplitStage, type SplitStage } from './split-stage.ts';
import { type LogLine, type SplitWorker, type SplitWorkersOptions, startSplitWorker } from './split-workers.ts';

export interface KillWorkersOptions {
  readonly workers: number;
  readonly kills: number;
  /** Of the video, a part for every four of them. */
  readonly seconds: number;
  /** Of each frame's encode, in milliseconds. */
  readonly frameMs: number;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly say: (line: string) => void;
}

export interface KilledWorkers {
  readonly kills: number;
  readonly seconds: number;
  readonly parts: number;
  /** Parts that were begun, those of killed workers again. */
  readonly starts: number;
  /** What is not as it must be, as sentences; none. */
  readonly problems: readonly string[];
}

const PART_SECONDS = { least: 3, most: 5 };
/** Between two kills, in milliseconds: about as long as a worker takes to begin. */
const KILL_EVERY_MS = { least: 400, most: 1600 };
const RESULT_BUCKET = 'project-processed-videos';
/** A video that is not ready by then never will be, in milliseconds. */
const LIMIT_MS = 900_000;

/** Runs it on a stack of its own. */
export async function killWorkers(options: KillWorkersOptions): Promise<KilledWorkers> {
  const { kills: wanted, seconds: videoSeconds, frameMs, random, say } = options;
  const closers = new Closers();
  try {
    const stage = await openSplitStage(closers);
    const { folder, ffmpegPath } = stage;
    const file = join(folder, 'long.mp4');
    await makeSmallVideo(ffmpegPath, file, videoSeconds);
    const lines: LogLine[] = [];
    const setup: SplitWorkersOptions = {
      folder,
      environment: {
        ...stage.environment,
        FFMPEG_PATH: await writeSleepingFfmpeg({ folder, ffmpegPath, frameMs }),
        MEDIA_MEMORY_LIMIT_MB: '0',
        JOB_LOCK_SECONDS: '2',
      },
      partSeconds: PART_SECONDS,
      onLine: (line) => void lines.push(line),
    };
    const start = (index: number) => startSplitWorker(index + 1, setup);
    const workers = await Promise.all(Array.from({ length: options.workers }, (_, index) => start(index)));
    closers.add(async () => {
      await Promise.all(workers.map((worker) => worker.kill()));
    });
    const queue = openQueueClient({ ...stage.address, rows: 'elsewhere' });
    closers.add(queue.close);
    const source = await stage.send(file, 'killed.mp4');
    const started = performance.now();
    const { jobId, videoId } = await queue.enqueueVideo({ source, ownerId: null, outputs: ['video', 'poster'] });
    const over = new AbortController();
    const waited = queue
      .waitForVideo(jobId, { signal: AbortSignal.timeout(LIMIT_MS) })
      .then(
        ({ outcome }) => outcome as string,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      )
      .finally(() => over.abort());
    let kills = 0;
    while (kills < wanted && !over.signal.aborted) {
      const { least, most } = KILL_EVERY_MS;
      await sleep(least + random() * (most - least), undefined, { signal: over.signal }).catch(() => {});
      if (over.signal.aborted) break;
      const index = Math.floor(random() * workers.length);
      await workers[index]?.kill();
      kills += 1;
      say(`Killed worker ${index + 1} (${kills} of ${wanted})`);
      workers[index] = await start(index);
    }
    const outcome = await waited;
    const took = (performance.now() - started) / 1000;
    // Each looks at its disk as it starts, once it takes jobs.
    for (const [index, worker] of workers.entries()) {
      await worker.stop();
      const next = await start(index);
      workers[index] = next;
      for (let look = 0; look < SWEEP_LOOKS && (await listJobs(next)).length > 0; look += 1) await sleep(SWEEP_LOOK_MS);
      await next.stop();
    }
    const count = (event: string) => lines.filter((line) => line.event === event).length;
    const problems = [
      ...(outcome === 'processed' ? [] : [`the video was ${outcome}`]),
      ...(await findProblems(stage, { videoId, frames: videoSeconds * 25, workers })),
      ...lines.flatMap(({ event, why }) => (event === 'split.whole' ? [`it was encoded in one piece: ${why}`] : [])),
    ];
    const parts = Math.max(0, ...lines.map(({ msg = '' }) => Number(/split into (\d+) parts/.exec(msg)?.[1] ?? 0)));
    return { kills, seconds: took, parts, starts: count('part.started'), problems };
  } finally {
    await closers.closeAll();
  }
}

interface Ended {
  readonly videoId: string;
  readonly frames: number;
  readonly workers: readonly SplitWorker[];
}

/** A disk is swept within a second, on a busy machine within some. */
const SWEEP_LOOKS = 60;
const SWEEP_LOOK_MS = 500;

interface Row {
  readonly status: string;
  readonly outputs: readonly { readonly kind: string; readonly path: string }[];
}

async function ask<Answer>({ environment }: SplitStage, path: string, body?: object): Promise<Answer> {
  const key = environment.SUPABASE_SERVICE_ROLE_KEY ?? '';
  const answer = await fetch(`${environment.SUPABASE_URL}/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { apikey: key, authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return (await answer.json()) as Answer;
}

/** The row, every time of every frame, and what is left in Storage, in the queue and on disks. */
async function findProblems(stage: SplitStage, { videoId, frames, workers }: Ended): Promise<string[]> {
  const { folder, storage, ffprobePath } = stage;
  const [row] = await ask<Row[]>(stage, `rest/v1/videos?select=status,outputs&id=eq.${videoId}`);
  const problems: string[] = [];
  if (row?.status !== 'ready') problems.push(`its row says ${row?.status}`);
  const path = row?.outputs.find(({ kind }) => kind === 'video')?.path;
  if (path === undefined) problems.push('its row names no MP4');
  else {
    const file = join(folder, 'result.mp4');
    const timeouts = { timeoutMs: 60_000, stallMs: 30_000, answerMs: 30_000 };
    await downloadFile({ connection: storage, bucket: RESULT_BUCKET, path, file, timeouts, maxRetries: 3 });
    const show = ['-v', 'error', '-select_streams', 'v', '-show_entries', 'packet=pts', '-of', 'csv=p=0', file];
    const { stdout } = await promisify(execFile)(ffprobePath, show, { maxBuffer: 1e8 });
    const times = stdout
      .trim()
      .split('\n')
      .map((line) => Number.parseInt(line, 10));
    times.sort((a, b) => a - b);
    const wrong = times.findIndex((time, frame) => time !== frame * 3600);
    if (times.length !== frames || wrong >= 0)
      problems.push(`it has ${times.length} of ${frames} frames, the first at a wrong time is ${wrong}`);
  }
  const prefix = `${path?.split('/')[0]}/${videoId}/parts`;
  const left = await ask<unknown[]>(stage, `storage/v1/object/list/${RESULT_BUCKET}`, { prefix });
  if (left.length > 0) problems.push(`${left.length} of its folders of parts are still in Storage`);
  const admin = await openJobAdmin(stage.address);
  const { active, waiting, delayed } = await admin.count();
  await admin.close();
  if (active + waiting + delayed > 0) problems.push(`${active + waiting + delayed} jobs are still in the queue`);
  for (const worker of workers) {
    const jobs = await listJobs(worker);
    if (jobs.length > 0) problems.push(`the disk of worker ${worker.number} still has ${jobs.join(', ')}`);
  }
  return problems;
}

/** The jobs that a worker's disk still has something of. */
async function listJobs({ workDir }: SplitWorker): Promise<string[]> {
  const folders = (await readdir(workDir).catch(() => [])).filter((name) => name.startsWith('jobs'));
  return (await Promise.all(folders.map((name) => readdir(join(workDir, name))))).flat();
}
