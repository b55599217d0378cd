/** What the tests of the queue share: a queue of their own, requests, consumers that end. */
import { randomUUID } from 'node:crypto';
import {
  type VideoProcessPayload,
  type VideoProcessResult,
  videoProcessContract,
  videoProcessPayload,
} from '@supabase-media/client/contract';
import type { QueueAddress } from '@supabase-media/queue/backend';
import { type StartConsumerOptions, startConsumer } from '@supabase-media/queue/consumer';
import type { JobHandlers, JobRow, JobType } from '@supabase-media/queue/job-type';
import { LONG_OUTAGE } from '@supabase-media/queue/policy';
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

export const request = () => ({
  ownerId: null,
  source: { bucket: 'project-videos', path: `queue/${randomUUID()}.mp4` },
});

export const done = (payload: VideoProcessPayload): VideoProcessResult => ({
  videoId: payload.videoId,
  outcome: 'remuxed',
  outputs: [],
});

export type VideoHandlers = JobHandlers<VideoProcessPayload, VideoProcessResult>;

/** A run that many times in a row without progress is the last. */
export const MAX_STARTS = 10;

/** What a test changes of the consumer, and of its one job type. */
export interface ConsumerOptions extends Partial<StartConsumerOptions> {
  readonly findStatuses?: JobRow<VideoProcessPayload>['findStatuses'];
}

/** The `video.process` type with handlers that do nothing but what is told. */
export const videoType = (
  handlers: Partial<VideoHandlers>,
  findStatuses?: JobRow<VideoProcessPayload>['findStatuses'],
): JobType<VideoProcessPayload, VideoProcessResult> => ({
  name: videoProcessContract.name,
  jobId: videoProcessContract.jobId,
  payload: videoProcessPayload,
  policy: {
    ...videoProcessContract.policy,
    maxStartsWithoutProgress: MAX_STARTS,
    deferralLimits: { disk_waiting: Number.POSITIVE_INFINITY, storage_unreachable: LONG_OUTAGE },
  },
  handlers: {
    process: async (payload) => done(payload),
    fail: async () => true,
    wait: async () => {},
    ...handlers,
  },
  progressOf: (checkpoint) => ({ source: JSON.stringify(checkpoint), stage: 0 }),
  ...(findStatuses && { row: { idOf: ({ videoId }) => videoId, findStatuses } }),
});

/** Runs a consumer of videos for as long as `use` takes. */
export async function withConsumerOn(
  address: QueueAddress,
  handlers: Partial<VideoHandlers>,
  use: () => Promise<void>,
  { findStatuses, ...options }: ConsumerOptions = {},
): Promise<void> {
  const consumer = await startConsumer({
    address,
    secret: 'the secret of all workers in tests',
    concurrency: 2,
    jobTypes: [videoType(handlers, findStatuses)],
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
