/** Wiring only: configuration → clients → queue consumer. The one place that makes a worker out of its parts. */
import { setInterval as everyInterval } from 'node:timers/promises';
import { type Config, supabaseOf } from './config.ts';
import { openDatabase } from './db/database.ts';
import { openVideos } from './db/videos.ts';
import { locateTools } from './ffmpeg/locate.ts';
import { createVideoHandlers } from './handlers/video-process.ts';
import { createAdmission } from './io/admission.ts';
import { createSlots } from './io/slots.ts';
import { assertWorkDirUsable, sweepJobDirectories } from './io/work-directory.ts';
import type { Log } from './observability/logger.ts';
import { type Consumer, startConsumer } from './queue/consumer.ts';
import { openStorage } from './storage/connection.ts';
import { assertStorageReachable } from './storage/reach.ts';

/** A running worker. */
export interface Worker {
  /** Lets running jobs finish for the configured grace, gives the others back, then closes every connection. */
  readonly stop: () => Promise<void>;
}

/** Directories of jobs that ended on other machines are looked for this often, in milliseconds. */
const SWEEP_EVERY_MS = 600_000;

/**
 * Starts a worker, having looked at everything it needs: a worker that starts can work.
 *
 * @throws {MediaError} `ffmpeg_missing`, `work_dir_unusable`, `storage_unreachable`, `storage_unauthorized`,
 * `bucket_missing`, `queue_unreachable`.
 */
export async function startWorker(options: { readonly config: Config; readonly log: Log }): Promise<Worker> {
  const { config, log } = options;
  const { workDir, reserveBytes, encodeConcurrency, uploadConcurrency } = config.worker;
  const supabase = supabaseOf(config);
  const tools = await locateTools(config.ffmpeg);
  log.info(
    { event: 'worker.tools', ffmpeg: tools.ffmpeg, ffprobe: tools.ffprobe },
    `ffmpeg ${tools.ffmpeg.version}, ffprobe ${tools.ffprobe.version}`,
  );
  await assertWorkDirUsable(workDir);
  const storage = openStorage({ ...supabase, connectMs: config.upload.connectMs });
  const videos = openVideos(openDatabase(supabase));
  try {
    await assertStorageReachable(storage, config.resultBucket);
    const consumer = await startConsumer({
      address: config.queue,
      concurrency: config.worker.concurrency,
      lockMs: config.worker.jobLockMs,
      lifetimeMs: config.worker.jobLifetimeMs,
      handlers: createVideoHandlers({
        config,
        storage,
        tools,
        videos,
        admission: createAdmission({ workDir, reserveBytes, log }),
        slots: { encodes: createSlots(encodeConcurrency), transfers: createSlots(uploadConcurrency) },
        log,
      }),
      findCanceled: videos.findCanceled,
      log,
    });
    const over = new AbortController();
    const sweeping = keepSwept({ workDir, consumer, log, signal: over.signal });
    return {
      stop: async () => {
        over.abort();
        await sweeping;
        await consumer.stop(config.worker.shutdownGraceMs);
        await storage.close();
      },
    };
  } catch (error) {
    await storage.close();
    throw error;
  }
}

/** Removes what dead workers left on this disk: now, and every ten minutes. */
async function keepSwept(options: {
  readonly workDir: string;
  readonly consumer: Consumer;
  readonly log: Log;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { workDir, consumer, log, signal } = options;
  const sweep = async () => {
    const swept = await sweepJobDirectories(workDir, consumer.isLive);
    if (swept.length > 0)
      log.info({ event: 'work_dir.swept', jobs: swept }, `Removed the directories of ${swept.length} ended jobs`);
  };
  try {
    await sweep();
    for await (const _ of everyInterval(SWEEP_EVERY_MS, undefined, { signal, ref: false })) await sweep();
  } catch (err) {
    if (!signal.aborted) log.warn({ err }, 'The directories of ended jobs could not be removed');
  }
}
