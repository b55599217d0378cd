/** Wiring only: configuration → clients → queue consumer. The one place that makes a worker out of its parts. */
import { type Config, supabaseOf } from './config.ts';
import { openDatabase } from './db/database.ts';
import { openVideos } from './db/videos.ts';
import { locateTools } from './ffmpeg/locate.ts';
import { createVideoHandlers } from './handlers/video-process.ts';
import { assertWorkDirUsable } from './io/work-directory.ts';
import type { Log } from './observability/logger.ts';
import { startConsumer } from './queue/consumer.ts';
import { openStorage } from './storage/connection.ts';
import { assertStorageReachable } from './storage/reach.ts';

/** A running worker. */
export interface Worker {
  /** Lets running jobs finish for the configured grace, gives the others back, then closes every connection. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts a worker, having looked at everything it needs: a worker that starts can work.
 *
 * @throws {MediaError} `ffmpeg_missing`, `work_dir_unusable`, `storage_unreachable`, `storage_unauthorized`,
 * `bucket_missing`, `queue_unreachable`.
 */
export async function startWorker(options: { readonly config: Config; readonly log: Log }): Promise<Worker> {
  const { config, log } = options;
  const supabase = supabaseOf(config);
  const tools = await locateTools(config.ffmpeg);
  log.info(
    { event: 'worker.tools', ffmpeg: tools.ffmpeg, ffprobe: tools.ffprobe },
    `ffmpeg ${tools.ffmpeg.version}, ffprobe ${tools.ffprobe.version}`,
  );
  await assertWorkDirUsable(config.worker.workDir);
  const storage = openStorage({ ...supabase, connectMs: config.upload.connectMs });
  try {
    await assertStorageReachable(storage, config.resultBucket);
    const consumer = await startConsumer({
      address: config.queue,
      concurrency: config.worker.concurrency,
      handlers: createVideoHandlers({ config, storage, tools, videos: openVideos(openDatabase(supabase)), log }),
      log,
    });
    return {
      stop: async () => {
        await consumer.stop(config.worker.shutdownGraceMs);
        await storage.close();
      },
    };
  } catch (error) {
    await storage.close();
    throw error;
  }
}
