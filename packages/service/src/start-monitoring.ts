/** Puts metrics and health of one process together and serves them: the same for a worker and for the API. */
import type { HealthCheck } from './health.ts';
import { startHealthServer } from './health-server.ts';
import type { Metrics } from './metrics.ts';
import { type QueueSnapshot, watchDisk, watchProcess, watchQueue } from './metrics-gauges.ts';

/** A connection that reads how full the queue is. */
export interface QueueInspector {
  /** @throws when the queue does not answer within seconds. */
  readonly read: () => Promise<QueueSnapshot>;
  readonly close: () => Promise<void>;
}

export interface StartMonitoringOptions {
  readonly metrics: Metrics;
  /** `METRICS_HOST`. */
  readonly host: string;
  /** `METRICS_PORT`; `undefined` serves nothing. */
  readonly port: number | undefined;
  /** Connects to the queue; called when it is first asked for, and again after it failed. */
  readonly openQueueInspector: () => Promise<QueueInspector>;
  /** Of a worker; the API has none. */
  readonly workDir?: string | undefined;
  /** The parts that `/ready` asks. */
  readonly checks: Readonly<Record<string, HealthCheck>>;
}

export interface Monitoring {
  /** Where it is served; `undefined` when nothing is. */
  readonly port: number | undefined;
  /** From now on `/ready` says no: the process is about to end. */
  readonly drain: () => void;
  /** After everything else, so that the last minutes of a process can be seen. */
  readonly close: () => Promise<void>;
}

const NOTHING: Monitoring = { port: undefined, drain: () => {}, close: async () => {} };

/** Connecting to the queue and reading it take at most this long together, in milliseconds: Prometheus waits 10 s. */
const LOOK_TIMEOUT_MS = 8000;

/** Connects when it is first asked, and again after it could not: a queue that is down is news, not an end. */
function inspectWhenAsked(open: () => Promise<QueueInspector>): QueueInspector {
  let opening: Promise<QueueInspector> | undefined;
  const look = async () => {
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
        timer = setTimeout(() => reject(new Error('the queue did not answer in time')), LOOK_TIMEOUT_MS);
      });
      return await Promise.race([look(), late]).finally(() => clearTimeout(timer));
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
 * @throws {MediaError} `config_invalid` for a port that is taken.
 */
export async function startMonitoring(options: StartMonitoringOptions): Promise<Monitoring> {
  const { metrics, host, port, workDir, checks } = options;
  if (port === undefined) return NOTHING;
  const inspector = inspectWhenAsked(options.openQueueInspector);
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
