/** Wiring only: configuration → clients → queue consumer. The one place that makes a worker out of its parts. */
import { setInterval as everyInterval, setTimeout as sleep } from 'node:timers/promises';
import { backoffDelay } from '@supabase-media/core/backoff';
import type { Log } from '@supabase-media/core/log';
import { raceAbort } from '@supabase-media/core/race-abort';
import { openDatabase } from '@supabase-media/database/database';
import { openRemovedMedia } from '@supabase-media/database/removed-media';
import { openVideoRequests } from '@supabase-media/database/video-requests';
import { openVideos } from '@supabase-media/database/videos';
import { blockingError } from '@supabase-media/diagnosis/assert-can-work';
import type { QueueReport } from '@supabase-media/diagnosis/check-queue';
import { checkServices, type ServicesReport } from '@supabase-media/diagnosis/check-services';
import type { Finding } from '@supabase-media/diagnosis/findings';
import { logFindings } from '@supabase-media/diagnosis/log-findings';
import { locateTools } from '@supabase-media/media/locate-tools';
import type { MediaTools } from '@supabase-media/media/tools';
import { type Consumer, startConsumer } from '@supabase-media/queue/consumer';
import { openQueueInspector } from '@supabase-media/queue/inspect-queue';
import { openQueueTelemetry } from '@supabase-media/queue/telemetry';
import { createMetrics } from '@supabase-media/service/metrics';
import { createRedactor } from '@supabase-media/service/redact';
import { startMonitoring } from '@supabase-media/service/start-monitoring';
import { isTracing } from '@supabase-media/service/tracing';
import { openStorage } from '@supabase-media/storage/connection';
import { type Config, supabaseOf } from './config.ts';
import { runFastChecks } from './doctor/run-doctor.ts';
import { workerHealthChecks } from './health-checks.ts';
import { JOB_TYPES } from './jobs/catalog.ts';
import { JOB_STEPS } from './jobs/video-process/steps.ts';
import { keepRemovingDeleted } from './remove-deleted.ts';
import { keepDispatching } from './requests/keep-dispatching.ts';
import { createAdmission } from './work-disk/admission.ts';
import { createSlots } from './work-disk/slots.ts';
import { assertWorkDirUsable, sweepJobDirectories } from './work-disk/work-directory.ts';

/** A running worker. */
export interface Worker {
  /** Lets running jobs finish for the configured grace, gives the others back, then closes every connection. */
  readonly stop: () => Promise<void>;
}

/** A database that has no connection left is waited for at the start for so long, in milliseconds. */
const FULL_WAIT_MS = 120_000;

/** Directories of jobs that ended on other machines are looked for this often, in milliseconds. */
const SWEEP_EVERY_MS = 600_000;

/**
 * Starts a worker, having looked at everything it needs: a worker that starts can work.
 *
 * @throws {MediaError} `ffmpeg_missing`, `work_dir_unusable`, or the doctor's finding that it cannot work with, by its code.
 */
export async function startWorker(options: {
  readonly config: Config;
  readonly log: Log;
  /** Where they are being located already; else they are located here. */
  readonly tools?: Promise<MediaTools> | undefined;
  /** Ends what need not be finished when the process is told to stop. */
  readonly signal?: AbortSignal | undefined;
}): Promise<Worker> {
  const { config, log, signal } = options;
  const { workDir, jobsDir, reserveBytes, encodeConcurrency, uploadConcurrency } = config.worker;
  const supabase = supabaseOf(config);
  const tools = await (options.tools ?? locateTools(config.ffmpeg));
  // What is missing of it the doctor's findings say, once.
  log.info(
    { event: 'worker.tools', ffmpeg: tools.ffmpeg, ffprobe: tools.ffprobe, isolation: tools.isolation },
    `ffmpeg ${tools.ffmpeg.version}, ffprobe ${tools.ffprobe.version}`,
  );
  await assertWorkDirUsable(jobsDir);
  const metrics = createMetrics({ jobTypes: JOB_TYPES.map(({ name }) => name), steps: JOB_STEPS });
  const storage = openStorage({ ...supabase, connectMs: config.upload.connectMs });
  const database = openDatabase(supabase);
  const videos = openVideos(database);
  const closing: (() => Promise<void>)[] = [storage.close];
  try {
    const { queue: queueReport } = await untilRoom(log, signal, () =>
      checkServices({
        queue: config.queue,
        connection: storage,
        buckets: [config.resultBucket],
        signal: signal ?? new AbortController().signal,
      }),
    );
    const monitoring = await startMonitoring({
      metrics,
      ...config.metrics,
      openQueueInspector: () => openQueueInspector(config.queue),
      workDir,
      checks: workerHealthChecks({ config, storage, tools }),
    });
    closing.unshift(monitoring.close);
    if (monitoring.port !== undefined)
      log.info({ event: 'worker.metrics', port: monitoring.port }, `Metrics and health on port ${monitoring.port}`);
    const services = {
      config,
      storage,
      tools,
      videos,
      metrics,
      admission: createAdmission({ workDir, reserveBytes, log }),
      slots: { encodes: createSlots(encodeConcurrency), transfers: createSlots(uploadConcurrency) },
      log,
    };
    const consumer = await startConsumer({
      address: config.queue,
      // Every worker has it, and producers need not.
      secret: services.storage.serviceRoleKey,
      concurrency: config.worker.concurrency,
      lockMs: config.worker.jobLockMs,
      lifetimeMs: config.worker.jobLifetimeMs,
      jobTypes: await Promise.all(JOB_TYPES.map((type) => type.open(services))),
      telemetry: isTracing() ? await openQueueTelemetry() : undefined,
      metrics,
      log,
      redact: createRedactor(config.secrets).text,
    });
    const over = new AbortController();
    const sweeping = keepSwept({ jobsDir, consumer, log, signal: over.signal });
    const removing = keepRemovingDeleted(
      { removed: openRemovedMedia(database), storage, resultBucket: config.resultBucket, log },
      over.signal,
    );
    const { requestPollMs } = config.worker;
    const dispatching =
      requestPollMs === undefined
        ? undefined
        : keepDispatching(
            {
              requests: openVideoRequests(database),
              videos,
              queue: consumer,
              everyMs: requestPollMs,
              log,
            },
            over.signal,
          );
    const looking = checkSetUp({
      config,
      log,
      queueReport,
      signal: signal ? AbortSignal.any([signal, over.signal]) : over.signal,
    });
    return {
      stop: async () => {
        monitoring.drain();
        over.abort();
        const stopped = consumer.stop(config.worker.shutdownGraceMs);
        await Promise.all([stopped, sweeping, removing, dispatching, looking]);
        for (const close of closing) await close();
      },
    };
  } catch (error) {
    for (const close of closing) await close();
    throw error;
  }
}

/**
 * Looks at the services until nothing stands in the way. A database without a free connection is waited for: other
 * processes hold them, and a worker that ends is started again at once.
 *
 * @throws {MediaError} the finding that the worker cannot work with.
 */
async function untilRoom(
  log: Log,
  signal: AbortSignal | undefined,
  look: () => Promise<ServicesReport>,
): Promise<ServicesReport> {
  const began = performance.now();
  for (let attempt = 1; ; attempt++) {
    const report = await look();
    const isFull = ({ code }: Finding) => code === 'queue_full';
    const error = blockingError(report.findings.filter((finding) => !isFull(finding)));
    if (error !== undefined) throw error;
    const full = blockingError(report.findings);
    if (full === undefined) return report;
    if (performance.now() - began > FULL_WAIT_MS) throw full;
    if (attempt === 1) log.warn({ event: 'queue.full', code: full.code }, `${full.message} Waiting for a connection`);
    await sleep(backoffDelay({ attempt, random: Math.random() }), undefined, { signal });
  }
}

/** Tells in the log what the doctor would say. Jobs need not wait for it. */
async function checkSetUp(options: {
  readonly config: Config;
  readonly log: Log;
  readonly queueReport: QueueReport;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { log, signal } = options;
  try {
    const { findings, seconds } = await runFastChecks(options);
    logFindings(findings, seconds, log);
  } catch (err) {
    if (!signal.aborted) log.warn({ err }, 'The set-up could not be looked at');
  }
}

/** Removes what dead workers left on this disk: now, and every ten minutes. */
async function keepSwept(options: {
  readonly jobsDir: string;
  readonly consumer: Consumer;
  readonly log: Log;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { jobsDir, consumer, log, signal } = options;
  // A queue that is away is waited for, but not by a worker that is told to stop.
  const isLive = (jobId: string) => raceAbort(consumer.isLive(jobId), signal);
  const sweep = async () => {
    try {
      const swept = await sweepJobDirectories({ jobsDir, isLive, log });
      if (swept.length > 0)
        log.info({ event: 'work_dir.swept', jobs: swept }, `Removed the directories of ${swept.length} ended jobs`);
    } catch (err) {
      log.warn({ err }, 'The directories of ended jobs could not be removed');
    }
  };
  await sweep();
  try {
    for await (const _ of everyInterval(SWEEP_EVERY_MS, undefined, { signal, ref: false })) await sweep();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
