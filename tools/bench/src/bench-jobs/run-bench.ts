/** Whole jobs in alternating rounds, so that a machine that slows down affects all alike. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Closers } from '@supabase-media/local-stack/stack/closers';
import { startStackProcess } from '@supabase-media/local-stack/stack/start-stack-process';
import { locateTools } from '@supabase-media/media/locate-tools';
import { openStorage } from '@supabase-media/storage/connection';
import { openResumeStore } from '@supabase-media/storage/resume-store';
import { uploadFile } from '@supabase-media/storage/uploader';
import { loadConfig } from '@supabase-media/worker/load-config';
import { lengthenWay } from '../lengthen-way.ts';
import { makeSource } from '../make-source.ts';
import {
  type Contender,
  type JobRun,
  SOURCE_BUCKET,
  startScriptContender,
  startWorkerContender,
} from './contenders.ts';
import type { JobCase } from './job-cases.ts';
import { type JobsReport, summarizeJobs } from './report.ts';

export interface BenchJobsOptions {
  readonly jobs: readonly JobCase[];
  readonly rounds: number;
  /** Of the way to Storage and back, in milliseconds. */
  readonly roundTripMs?: number | undefined;
  readonly say: (line: string) => void;
}

/** Runs the benchmark on a local stack of its own. */
export async function benchJobs({ jobs, rounds, roundTripMs, say }: BenchJobsOptions): Promise<JobsReport> {
  const closers = new Closers();
  const folder = await mkdtemp(join(tmpdir(), 'bench-jobs-'));
  closers.add(() => rm(folder, { recursive: true, force: true }));
  try {
    const stack = await startStackProcess(folder);
    closers.add(stack.stop);
    const config = loadConfig({ environment: { PATH: process.env.PATH, ...stack.environment } });
    const tools = await locateTools(config.ffmpeg);
    const environment: Record<string, string> = { ...stack.environment, FFMPEG_PATH: tools.ffmpeg.path };
    const way = await lengthenWay(String(environment.SUPABASE_URL), roundTripMs);
    closers.add(way.close);
    environment.SUPABASE_URL = way.url;
    const sources = await makeSources(jobs, { folder, ffmpeg: tools.ffmpeg.path, say });
    const worker = await startWorkerContender({ folder, environment });
    closers.add(worker.stop);
    const script = await startScriptContender({ folder, environment }, sources);
    closers.add(script.stop);

    const measured = [];
    for (const job of jobs) {
      const runs = new Map<Contender, JobRun[]>([
        [worker, []],
        [script, []],
      ]);
      for (let round = 1; round <= rounds; round++) {
        // Another key each time: the same source again would be the same video.
        const path = `bench/${job.name}-${round}.mp4`;
        await sendSource(stack.environment, config, sources.get(job) ?? '', path);
        for (const [contender, own] of runs) {
          say(`${job.about}, round ${round} of ${rounds}: ${contender.name}`);
          own.push(await contender.run({ job, path, round }));
        }
      }
      measured.push({ job, worker: runs.get(worker) ?? [], script: runs.get(script) ?? [] });
    }
    return summarizeJobs(measured, { rounds, roundTripMs, idleMb: worker.idleMb });
  } finally {
    await closers.closeAll();
  }
}

async function makeSources(
  jobs: readonly JobCase[],
  { folder, ffmpeg, say }: { readonly folder: string; readonly ffmpeg: string; readonly say: (line: string) => void },
): Promise<ReadonlyMap<JobCase, string>> {
  await mkdir(join(folder, 'sources'));
  const made = new Map<string, string>();
  const sources = new Map<JobCase, string>();
  for (const job of jobs) {
    const key = JSON.stringify(job.source);
    const file = made.get(key) ?? join(folder, 'sources', `${made.size}.mp4`);
    if (!made.has(key)) {
      say(`Making a source: ${job.about} …`);
      await makeSource(ffmpeg, file, job.source);
    }
    made.set(key, file);
    sources.set(job, file);
  }
  return sources;
}

async function sendSource(
  stack: Readonly<Record<string, string>>,
  { upload }: Pick<ReturnType<typeof loadConfig>, 'upload'>,
  file: string,
  path: string,
): Promise<void> {
  const connection = openStorage({
    url: String(stack.SUPABASE_URL),
    serviceRoleKey: String(stack.SUPABASE_SERVICE_ROLE_KEY),
  });
  const resumeStore = openResumeStore(upload.stateDir);
  await uploadFile({
    ...{ connection, policy: upload, resumeStore, file, bucket: SOURCE_BUCKET, path },
    contentType: 'video/mp4',
    upsert: true,
  }).finally(() => connection.close());
}
