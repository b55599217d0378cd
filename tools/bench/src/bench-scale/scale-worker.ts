/**
 * One worker process of the scaling measurement: the product's own consumer, with a sleep of fixed length in place of an
 * encode, so that the processor is not the limit. REDIS_URL or DATABASE_URL names the queue; `JOB_MS` is the length of
 * the sleep. Sends its parent `{ready}` when it takes jobs and `{videoId, startedAt, endedAt}` after each one, in
 * milliseconds since the epoch. Ends with SIGTERM, or with its parent.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { startConsumer } from '@supabase-media/queue/consumer';
import { createLogger } from '@supabase-media/service/logger';
import { videoProcessType } from '@supabase-media/worker/jobs/video-process/job-type';
import { loadConfig } from '@supabase-media/worker/load-config';

const jobMs = Number(process.env.JOB_MS);
if (!(jobMs > 0) || process.send === undefined)
  throw new Error('scale-worker.js is started by a parent with a channel, and with JOB_MS.');
const tell = (message: object) => void process.send?.(message);

const { REDIS_URL, DATABASE_URL } = process.env;
const config = loadConfig({ environment: { LOG_LEVEL: 'error', LOG_FORMAT: 'json', REDIS_URL, DATABASE_URL } });
const consumer = await startConsumer({
  address: config.queue,
  secret: 'bench',
  concurrency: 1,
  jobTypes: [
    videoProcessType({
      process: async ({ videoId }, { signal }) => {
        const startedAt = Date.now();
        await sleep(jobMs, undefined, { signal });
        tell({ videoId, startedAt, endedAt: Date.now() });
        return { videoId, outcome: 'remuxed', outputs: [] };
      },
      fail: async () => true,
      wait: async () => {},
    }),
  ],
  log: await createLogger({ config }),
});
const stop = new AbortController();
for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.once(event, () => stop.abort());
tell({ ready: true });
await once(stop.signal, 'abort');
await consumer.stop(0);
process.exit();
