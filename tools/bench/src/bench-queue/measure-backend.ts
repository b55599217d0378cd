/** Measures one round on one backend, with the product's client and consumer and a handler that does nothing. */
import { randomUUID } from 'node:crypto';
import { openQueueClient, type QueueClient } from '@supabase-media/client';
import type { QueueAddress } from '@supabase-media/queue/backend';
import { type Consumer, startConsumer } from '@supabase-media/queue/consumer';
import { createLogger } from '@supabase-media/service/logger';
import { videoProcessType } from '@supabase-media/worker/jobs/video-process/job-type';
import { loadConfig } from '@supabase-media/worker/load-config';
import { percentile } from '../statistics.ts';

export interface MeasureOptions {
  readonly address: QueueAddress;
  /** Jobs of each of the three throughputs. */
  readonly jobs: number;
  /** Connections that enqueue, each with {@link IN_FLIGHT} concurrent requests. */
  readonly producers: number;
  /** The concurrency of the consumer. */
  readonly concurrency: number;
  /** Jobs of the latency, one at a time on an idle queue. */
  readonly singles: number;
}

/** Jobs per second, and milliseconds from the call of `enqueueVideo` to the first line of the handler. */
export interface Measured {
  readonly enqueue: number;
  readonly drain: number;
  readonly together: number;
  readonly p50: number;
  readonly p95: number;
}

/** As many as of a busy web server. */
const IN_FLIGHT = 8;

/** How long after its last job a worker is idle and waits for notifications, in milliseconds. */
const IDLE_MS = 20;

/** Measures one round. The queue must not be shared: its jobs are taken and discarded. */
export async function measureBackend(options: MeasureOptions): Promise<Measured> {
  const { address, jobs, producers } = options;
  const clients = await Promise.all(
    Array.from({ length: producers }, () => openQueueClient({ ...address, rows: 'elsewhere' })),
  );
  try {
    const enqueueSeconds = await secondsOf(() => enqueueAll(clients, jobs));
    const drained = await consume(options, jobs);
    const drainSeconds = await secondsOf(() => drained.done);
    await drained.consumer.stop(0);

    const both = await consume(options, jobs);
    const togetherSeconds = await secondsOf(() => Promise.all([enqueueAll(clients, jobs), both.done]));
    await both.consumer.stop(0);

    const waits = await measureLatency(options, clients);
    return {
      enqueue: jobs / enqueueSeconds,
      drain: jobs / drainSeconds,
      together: jobs / togetherSeconds,
      p50: percentile(waits, 0.5),
      p95: percentile(waits, 0.95),
    };
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

const request = () => ({ ownerId: null, source: { bucket: 'project-videos', path: `bench/${randomUUID()}.mp4` } });

async function enqueueAll(clients: readonly QueueClient[], jobs: number): Promise<void> {
  let left = jobs;
  const produce = async (client: QueueClient) => {
    while (left-- > 0) await client.enqueueVideo(request());
  };
  await Promise.all(clients.flatMap((client) => Array.from({ length: IN_FLIGHT }, () => produce(client))));
}

type OnStart = (videoId: string) => void;

async function startNoOpConsumer(options: MeasureOptions, onStart: OnStart): Promise<Consumer> {
  const config = loadConfig({ environment: { LOG_LEVEL: 'silent' } });
  return startConsumer({
    address: options.address,
    secret: 'bench',
    concurrency: options.concurrency,
    jobTypes: [
      videoProcessType({
        process: async ({ videoId }) => {
          onStart(videoId);
          return { videoId, outcome: 'remuxed', outputs: [] };
        },
        fail: async () => true,
        wait: async () => {},
      }),
    ],
    log: await createLogger({ config }),
  });
}

/** Takes jobs; `done` resolves when the given number has reached the handler. The last few may not be `completed` yet. */
async function consume(
  options: MeasureOptions,
  jobs: number,
): Promise<{ readonly consumer: Consumer; readonly done: Promise<void> }> {
  let left = jobs;
  let finish: () => void = () => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const consumer = await startNoOpConsumer(options, () => {
    left--;
    if (left === 0) finish();
  });
  return { consumer, done };
}

async function measureLatency(options: MeasureOptions, [client]: readonly QueueClient[]): Promise<number[]> {
  if (client === undefined) return [];
  let onStart: () => void = () => {};
  const consumer = await startNoOpConsumer(options, () => onStart());
  const waits: number[] = [];
  try {
    for (let count = 0; count < options.singles; count++) {
      await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
      const started = performance.now();
      const start = new Promise<number>((resolve) => {
        onStart = () => resolve(performance.now());
      });
      await client.enqueueVideo(request());
      waits.push((await start) - started);
    }
  } finally {
    await consumer.stop(0);
  }
  return waits;
}
