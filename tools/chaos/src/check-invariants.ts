/** Checks what must hold after a run, and collects every violation. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultRecord } from './inject-fault.ts';
import { readJobs } from './job-counts.ts';
import { digestVideo, listObjects, type StorageAccess, saveObject } from './objects.ts';
import { findAlive } from './process-tree.ts';
import type { RunSetup } from './run-setup.ts';
import { readStatusAudit } from './status-audit.ts';

/** What a run produced: for each video, in the order of the clips, the folder of its objects and their checksums by name. */
export type Reference = readonly { readonly prefix: string; readonly digests: ReadonlyMap<string, string> }[];

export interface CheckInvariantsOptions {
  readonly setup: RunSetup;
  readonly record: FaultRecord;
  readonly project: string;
  /** In the order of the clips. */
  readonly videoIds: readonly string[];
  readonly clips: readonly { readonly name: string }[];
  readonly storage: StorageAccess;
  readonly reference: Reference | undefined;
  /** Objects that differ are saved here, together with those of the undisturbed run. */
  readonly folder: string;
}

export interface Findings {
  readonly produced: Reference;
  readonly videosReady: number;
  readonly videosReadyAgain: number;
  readonly jobs: Readonly<Record<string, number>>;
  readonly attemptsSpent: number;
  readonly starts: number;
  readonly objects: number;
  readonly objectsEqual: number;
  /** Directories left when the workers had stopped; the others after each was started and stopped once more. */
  readonly leftAtStop: number;
  readonly leftDirectories: number;
  readonly leftUploads: number;
  readonly leftProcesses: number;
  /** Every violation, as a sentence; empty if the run passed. */
  readonly problems: readonly string[];
}

/** Children of a killed worker must have ended after this. */
const ORPHAN_MS = 3000;
/** The last job's row is written before the job is marked as completed. */
const SETTLE_MS = 15_000;

export async function checkInvariants(options: CheckInvariantsOptions): Promise<Findings> {
  const { setup, record, project, videoIds, clips, storage, reference } = options;
  const problems: string[] = [];
  const nameOf = (index: number) => `video ${clips[index]?.name}`;

  const jobs = await readJobs(setup.queue.address, videoIds, SETTLE_MS);
  if (jobs.counts.completed !== clips.length) problems.push(`jobs: ${JSON.stringify(jobs.counts)}`);
  problems.push(...jobs.failures);

  for (const worker of setup.workers) await worker.retire();
  const leftAtStop = await listOrphaned(setup.workDirs, /^jobs-/, () => true);
  // A worker that lost a job to another removes its files at its next start.
  if (leftAtStop.length > 0) await sweep(setup);
  await sleep(ORPHAN_MS);
  const alive = await findAlive(record.orphans);
  problems.push(
    ...record.survivors.map(({ command }) => `a process survived its killed worker: ${command.slice(0, 100)}`),
  );
  problems.push(...alive.map(({ pid, command }) => `process ${pid} is still running: ${command.slice(0, 100)}`));
  const directories = await listOrphaned(setup.workDirs, /^jobs-/, () => true);
  const uploads = await listOrphaned(setup.workDirs, /^uploads$/, (name) => name.startsWith('upload-'));
  problems.push(...directories.map((path) => `${path} is left over`));
  // Killed while it sends, a worker with a disk of its own never hears that another one has sent the file: its note stays
  // until it is two days old.
  const mayStay = setup.workDirs.length === 1 ? 0 : record.killedIn.publish + record.killedIn.upload;
  if (uploads.length > mayStay) problems.push(...uploads.map((path) => `${path} is left over`));
  problems.push(...describeViolations(setup, record));

  const rows = await readStatusAudit(storage.pool, project);
  const readyAgain = rows.filter(({ readyCount }) => readyCount > 1);
  for (const [index, id] of videoIds.entries()) {
    const row = rows.find((one) => one.id === id);
    if (row?.status !== 'ready')
      problems.push(`${nameOf(index)} is ${row?.status} (${row?.error_code ?? ''}): ${row?.error_message ?? ''}`);
    else if (row.error_code !== null) problems.push(`${nameOf(index)} is ready with the error ${row.error_code}`);
    else if (row.readyCount > 1)
      problems.push(`${nameOf(index)} was ready ${row.readyCount} times: ${row.statuses.join(' ')}`);
  }

  const produced = await Promise.all(
    videoIds.map(async (id) => ({ prefix: `${project}/${id}/`, digests: await digestVideo(storage, project, id) })),
  );
  let objectsEqual = 0;
  for (const [index, own] of produced.entries()) {
    const isReady = rows.some(({ id, status }) => id === videoIds[index] && status === 'ready');
    const wanted = isReady ? (reference?.[index] ?? own) : own;
    for (const name of new Set([...own.digests.keys(), ...wanted.digests.keys()])) {
      const [mine, theirs] = [own.digests.get(name), wanted.digests.get(name)];
      if (mine === theirs) objectsEqual++;
      else problems.push(`${nameOf(index)}: ${name} ${describeDifference(mine, theirs)}`);
      if (mine !== theirs && mine !== undefined && theirs !== undefined)
        for (const [{ prefix }, kind] of [
          [own, 'own'],
          [wanted, 'undisturbed'],
        ] as const)
          await saveObject(
            storage,
            prefix + name,
            join(options.folder, `${index}-${name.replaceAll('/', '-')}.${kind}`),
          );
    }
  }
  const all = await listObjects(storage, project);
  const strays = all.filter((name) => !videoIds.some((id) => name.startsWith(`${project}/${id}/`)));
  problems.push(...strays.map((name) => `${name} belongs to no video`));

  return {
    produced,
    videosReady: rows.filter(({ status }) => status === 'ready').length,
    videosReadyAgain: readyAgain.length,
    jobs: jobs.counts,
    attemptsSpent: jobs.attemptsSpent,
    starts: setup.workers.reduce(
      (sum, worker) => sum + worker.countEvents(({ event }) => event === 'video.started'),
      0,
    ),
    objects: all.length,
    objectsEqual,
    leftAtStop: leftAtStop.length,
    leftDirectories: directories.length,
    leftUploads: uploads.length,
    leftProcesses: alive.length,
    problems,
  };
}

/** Starts each worker once more and stops it when it has cleaned up. */
async function sweep({ workers }: RunSetup): Promise<void> {
  for (const worker of workers) {
    const swept = worker.countEvents(({ event }) => event === 'work_dir.swept');
    worker.revive();
    const end = Date.now() + SETTLE_MS;
    while (worker.countEvents(({ event }) => event === 'work_dir.swept') === swept && Date.now() < end)
      await sleep(100);
    await worker.retire();
  }
}

function describeDifference(own: string | undefined, wanted: string | undefined): string {
  if (own === undefined) return 'is missing';
  if (wanted === undefined) return 'is unexpected';
  return `differs: ${own.slice(0, 12)} instead of ${wanted.slice(0, 12)}`;
}

async function listOrphaned(
  workDirs: readonly string[],
  folders: RegExp,
  counts: (name: string) => boolean,
): Promise<readonly string[]> {
  const below = async (path: string, isWanted: (name: string) => boolean) =>
    (await readdir(path).catch(() => [])).filter(isWanted).map((name) => join(path, name));
  const tops = await Promise.all(workDirs.map((workDir) => below(workDir, (name) => folders.test(name))));
  return (await Promise.all(tops.flat().map((top) => below(top, counts)))).flat();
}

/** A worker may fail to start during an outage and shortly after it. At any other time it must not exit on its own. */
const OUTAGE_ECHO_MS = 3000;

function describeViolations({ workers }: RunSetup, { outages }: FaultRecord): readonly string[] {
  return workers.flatMap((worker, index) =>
    worker.violations
      .filter(({ at }) => !outages.some(({ from, to }) => at >= from && at <= to + OUTAGE_ECHO_MS))
      .map(
        ({ exitCode, signal, lastLines }) =>
          `worker ${index} exited with ${signal ?? exitCode}: ${lastLines.at(-1)?.slice(0, 300) ?? ''}`,
      ),
  );
}
