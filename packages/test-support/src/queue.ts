/** What the tests of the queue share: a queue of their own, requests, consumers that end. */
import { randomUUID } from 'node:crypto';
import type { QueueAddress } from '@supabase-media/queue/backend';
import { type StartConsumerOptions, startConsumer } from '@supabase-media/queue/consumer';
import type { VideoProcessPayload, VideoProcessResult } from '@supabase-media/queue/contract';
import type { VideoHandlers } from '@supabase-media/queue/job-runner';
import pg from 'pg';
import { pino } from 'pino';
import { stackValue } from './stack.ts';

const log = pino({ level: 'silent' });

/** A database of its own: the workers of other test files must not take these jobs. */
export async function createQueueDatabase(): Promise<string> {
  const url = new URL(stackValue('DATABASE_URL'));
  const name = `queue_${randomUUID().replaceAll('-', '')}`;
  const admin = new pg.Client(url.href);
  await admin.connect();
  await admin.query(`create database ${name}`);
  await admin.end();
  url.pathname = `/${name}`;
  return url.href;
}

export const request = () => ({ source: { bucket: 'project-videos', path: `queue/${randomUUID()}.mp4` } });

export const done = (payload: VideoProcessPayload): VideoProcessResult => ({
  videoId: payload.videoId,
  outcome: 'remuxed',
  outputs: [],
});

/** Runs a consumer for as long as `use` takes. */
export async function withConsumerOn(
  address: QueueAddress,
  handlers: Partial<VideoHandlers>,
  use: () => Promise<void>,
  options: Partial<StartConsumerOptions> = {},
): Promise<void> {
  const all = {
    process: async (payload: VideoProcessPayload) => done(payload),
    fail: async () => {},
    wait: async () => {},
  };
  const consumer = await startConsumer({
    address,
    concurrency: 2,
    handlers: { ...all, ...handlers },
    log,
    ...options,
  });
  try {
    await use();
  } finally {
    await consumer.stop(0);
  }
}

/** A promise and what resolves it. */
export function createGate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Work that ends only with its signal, for its reason. */
export const raceAbort = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
