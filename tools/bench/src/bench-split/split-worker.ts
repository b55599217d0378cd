/**
 * A worker as it is, on a local stack, whose parts are as short as SPLIT_LEAST_SECONDS and SPLIT_MOST_SECONDS say. Any
 * video that has to be encoded is split. Logs to stderr as JSON lines; ends with SIGTERM, or with its parent.
 */
import { once } from 'node:events';
import { createLogger } from '@supabase-media/service/logger';
import { loadConfig } from '@supabase-media/worker/load-config';
import { startWorker } from '@supabase-media/worker/worker';

const { SPLIT_LEAST_SECONDS, SPLIT_MOST_SECONDS, ...environment } = process.env;
const limits = { leastSeconds: Number(SPLIT_LEAST_SECONDS), mostSeconds: Number(SPLIT_MOST_SECONDS) };
if (!(limits.leastSeconds > 0 && limits.mostSeconds > limits.leastSeconds) || process.send === undefined)
  throw new Error('split-worker.js is started by a parent with a channel, SPLIT_LEAST_SECONDS and SPLIT_MOST_SECONDS.');

const read = loadConfig({
  environment: { ...environment, LOG_FORMAT: 'json' },
  needs: { supabase: true, queue: true },
});
const config = { ...read, worker: { ...read.worker, split: { afterSeconds: 0.001, limits } } };
const stop = new AbortController();
for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.once(event, () => stop.abort());
const worker = await startWorker({ config, log: await createLogger({ config }), signal: stop.signal });
process.send({ ready: true });
if (!stop.signal.aborted) await once(stop.signal, 'abort');
await worker.stop();
process.exit();
