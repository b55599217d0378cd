/** Serves the metrics and health endpoints of one process; used by the worker and the intake API. */
import type { HealthCheck } from './health.ts';
import { startHealthServer } from './health-server.ts';
import type { Metrics } from './metrics.ts';
import { type QueueSnapshot, watchDisk, watchProcess, watchQueue } from './metrics-gauges.ts';

/** A connection that reads the state of the queue. */
export interface QueueInspector {
  /** @throws if the queue does not answer within seconds. */
  readonly read: () => Promise<QueueSnapshot>;
  readonly close: () => Promise<void>;
}

export interface StartMonitoringOptions {
  readonly metrics: Metrics;
  /** `METRICS_HOST`. */
  readonly host: string;
  /** `METRICS_PORT`; `undefined` disables the server. */
  readonly port: number | undefined;
  /** Connects to the queue; called at the first scrape, and again after a failure. */
  readonly openQueueInspector: () => Promise<QueueInspector>;
  /** WORK_DIR of a worker; the intake API has none. */
  readonly workDir?: string | undefined;
  /** The parts that `/ready` checks. */
  readonly checks: Readonly<Record<string, HealthCheck>>;
}

export interface Monitoring {
  /** `undefined` if the server is disabled. */
  readonly port: number | undefined;
  /** From now on `/ready` returns 503, because the process is about to end. */
  readonly drain: () => void;
  /** Call it last, so that the shutdown of a process can be observed. */
  readonly close: () => Promise<void>;
}

const NOTHING: Monitoring = { port: undefined, drain: () => {}, close: async () => {} };

/** The time limit for connecting to the queue and reading it, in milliseconds. Prometheus waits 10 s. */
const READ_TIMEOUT_MS = 8000;

/** Connects lazily and reconnects after a failure: a queue that is down must not end the process. */
function inspectLazily(open: () => Promise<QueueInspector>): QueueInspector {
  let opening: Promise<QueueInspector> | undefined;
  const readQueue = async () => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return (await opening).read();
  };
  return {
    read: async () => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error('the queue did not answer in time')), READ_TIMEOUT_MS);
      });
      return await Promise.race([readQueue(), late]).finally(() => clearTimeout(timer));
    },
    close: async () => {
      const inspector = await opening?.catch(() => undefined);
      await inspector?.close();
    },
  };
}

/**
 * Starts serving. The caller closes it.
 *
 * @throws {MediaError} `config_invalid` if the port is in use.
 */
export async function startMonitoring(options: StartMonitoringOptions): Promise<Monitoring> {
  const { metrics, host, port, workDir, checks } = options;
  if (port === undefined) return NOTHING;
  const inspector = inspectLazily(options.openQueueInspector);
  watchQueue(metrics, inspector.read);
  if (workDir !== undefined) watchDisk(metrics, workDir);
  watchProcess(metrics);
  const server = await startHealthServer({ host, port, registry: metrics.registry, checks });
  return {
    port: server.port,
    drain: server.drain,
    close: async () => {
      await server.close();
      await inspector.close();
    },
  };
}
