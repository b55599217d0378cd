/** One run: enqueues videos, injects faults, and checks the invariants at the end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '@supabase-media/database/database';
import { openVideos } from '@supabase-media/database/videos';
import { checkInvariants, type Findings, type Reference } from './check-invariants.ts';
import type { Clip } from './clips.ts';
import { type FaultRecord, injectFault, newRecord } from './inject-fault.ts';
import type { StorageAccess } from './objects.ts';
import { type RunSetupOptions, setUpRun } from './run-setup.ts';
import type { ChaosEvent } from './schedule.ts';
import { sendSource } from './send-source.ts';
import { readStatusAudit } from './status-audit.ts';

export interface ScenarioOptions extends RunSetupOptions {
  /** The first segment of the results' keys, different for each run. */
  readonly project: string;
  readonly clips: readonly Clip[];
  readonly events: readonly ChaosEvent[];
  readonly storage: StorageAccess;
  /** What the undisturbed run produced; undefined for that run itself. */
  readonly reference: Reference | undefined;
  /** The time limit of the run, in milliseconds; then it is checked as it is. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export interface ScenarioResult {
  readonly backend: string;
  readonly hasSharedWorkDir: boolean;
  readonly seconds: number;
  readonly record: FaultRecord;
  readonly findings: Findings;
}

const FINISHED = new Set(['ready', 'rejected', 'failed', 'canceled']);
const POLL_MS = 250;
/**
 * Workers that are idle for this long get another video, because the waiting ones are deferred. It is longer than jobs of
 * killed workers wait for their locks to expire; otherwise the videos would run out long before the events.
 */
const IDLE_MS = 8000;

export async function runScenario(options: ScenarioOptions): Promise<ScenarioResult> {
  const { project, clips, events, storage, say } = options;
  const setup = await setUpRun(options);
  const record = newRecord();
  const over = new AbortController();
  const started = performance.now();
  let injected = 0;
  const isLate = () => options.signal.aborted || performance.now() - started > options.limitMs;
  try {
    const videoIds: string[] = [];
    const countFinished = async () =>
      (await readStatusAudit(storage.pool, project)).filter(({ status }) => FINISHED.has(status)).length;
    const videos = openVideos(openDatabase({ url: storage.url, serviceRoleKey: storage.serviceRoleKey }));
    const release = async (clip: Clip) => {
      const source = await sendSource(storage, clip, project);
      const { videoId } = await untilDone(over.signal, () =>
        setup.client.enqueueVideo({
          ownerId: null,
          source,
          project,
          beforeAdd: (payload, jobId) =>
            videos.markQueued(
              { id: payload.videoId, project, sourceBucket: source.bucket, sourcePath: source.path },
              jobId,
            ),
        }),
      );
      videoIds.push(videoId);
    };
    const isIdle = () => !setup.workers.some((worker) => worker.isBusy());
    // Videos are enqueued as the events progress, so that the last event still finds work.
    const progress = () => (events.length === 0 ? 1 : injected / events.length);
    const feed = async () => {
      for (const [index, clip] of clips.entries()) {
        const mayCome = () => index - setup.workers.length < progress() * clips.length;
        while (!mayCome() && !isLate() && !over.signal.aborted) {
          if (isIdle() && (await sleep(IDLE_MS, true)) && isIdle()) break;
          await sleep(POLL_MS);
        }
        if (isLate()) return;
        await release(clip);
      }
    };
    const fed = feed();
    for (const event of events) {
      if (isLate()) break;
      await injectFault(setup, event, record);
      injected++;
      const finished = await countFinished();
      record.isOver = finished === clips.length;
      say(`${project}: ${injected}/${events.length} ${event.kind}, ${finished}/${clips.length} videos done`);
    }
    await fed;
    await Promise.all(record.lasting);
    while (!isLate() && (await countFinished()) < clips.length) await sleep(POLL_MS);
    const seconds = (performance.now() - started) / 1000;
    const findings = await checkInvariants({ ...options, setup, record, videoIds });
    return { backend: setup.queue.name, hasSharedWorkDir: options.hasSharedWorkDir, seconds, record, findings };
  } finally {
    over.abort();
    await Promise.allSettled(record.lasting);
    await setup.close();
  }
}

/** Retries while the queue is down, as the user of a web server would. */
async function untilDone<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) throw error;
      await sleep(POLL_MS);
    }
  }
}
