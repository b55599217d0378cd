/** One run: videos go in, events strike, and in the end everything is looked at. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '@supabase-media/database/database';
import { openVideos } from '@supabase-media/database/videos';
import { checkInvariants, type Findings, type Reference } from './check-invariants.ts';
import type { Clip } from './clips.ts';
import { type InjectedFault, injectFault, newRecord } from './inject-fault.ts';
import type { StorageAccess } from './objects.ts';
import { type RunSetupOptions, setUpRun } from './run-setup.ts';
import type { ChaosEvent } from './schedule.ts';
import { sendSource } from './send-source.ts';
import { readLedger } from './status-audit.ts';

export interface PlayRunOptions extends RunSetupOptions {
  /** First segment of the results' keys: another for each run. */
  readonly project: string;
  readonly clips: readonly Clip[];
  readonly events: readonly ChaosEvent[];
  readonly storage: StorageAccess;
  /** What an undisturbed run made; undefined for that run itself. */
  readonly reference: Reference | undefined;
  /** After this many milliseconds the run is taken as it is. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export interface PlayedRun {
  readonly backend: string;
  readonly hasSharedWorkDir: boolean;
  readonly seconds: number;
  readonly record: InjectedFault;
  readonly findings: Findings;
}

const FINISHED = new Set(['ready', 'rejected', 'failed', 'canceled']);
const LOOK_EVERY_MS = 250;
/**
 * Workers that have had nothing to do for so long get another video: what waits in the queue is put off. Longer than the
 * jobs of killed workers wait for their claims to run out, else the videos are spent long before the events.
 */
const IDLE_MS = 8000;

export async function runScenario(options: PlayRunOptions): Promise<PlayedRun> {
  const { project, clips, events, storage, say } = options;
  const setup = await setUpRun(options);
  const record = newRecord();
  const over = new AbortController();
  const started = performance.now();
  let struck = 0;
  const isLate = () => options.signal.aborted || performance.now() - started > options.limitMs;
  try {
    const videoIds: string[] = [];
    const countFinished = async () =>
      (await readLedger(storage.pool, project)).filter(({ status }) => FINISHED.has(status)).length;
    const videos = openVideos(openDatabase({ url: storage.url, serviceRoleKey: storage.serviceRoleKey }));
    const release = async (clip: Clip) => {
      const source = await sendSource(storage, clip, project);
      const { videoId } = await untilDone(over.signal, () =>
        setup.client.enqueueVideo({
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
    // Videos come as the events go on, so that the last event still finds work.
    const progress = () => (events.length === 0 ? 1 : struck / events.length);
    const feed = async () => {
      for (const [index, clip] of clips.entries()) {
        const mayCome = () => index - setup.workers.length < progress() * clips.length;
        while (!mayCome() && !isLate() && !over.signal.aborted) {
          if (isIdle() && (await sleep(IDLE_MS, true)) && isIdle()) break;
          await sleep(LOOK_EVERY_MS);
        }
        if (isLate()) return;
        await release(clip);
      }
    };
    const fed = feed();
    for (const event of events) {
      if (isLate()) break;
      await injectFault(setup, event, record);
      struck++;
      const finished = await countFinished();
      record.isOver = finished === clips.length;
      say(`${project}: ${struck}/${events.length} ${event.kind}, ${finished}/${clips.length} videos done`);
    }
    await fed;
    await Promise.all(record.lasting);
    while (!isLate() && (await countFinished()) < clips.length) await sleep(LOOK_EVERY_MS);
    const seconds = (performance.now() - started) / 1000;
    const findings = await checkInvariants({ ...options, setup, record, videoIds });
    return { backend: setup.queue.name, hasSharedWorkDir: options.hasSharedWorkDir, seconds, record, findings };
  } finally {
    over.abort();
    await Promise.allSettled(record.lasting);
    await setup.close();
  }
}

/** A producer whose queue is away tries again, as a web server's user would. */
async function untilDone<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) throw error;
      await sleep(LOOK_EVERY_MS);
    }
  }
}
