/** The intake API as a whole: creates its parts, listens, sweeps, and shuts down in order. */

import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { openQueueInspector } from '@supabase-media/queue/inspect-queue';
import { reportFullPool } from '@supabase-media/queue/report-full-pool';
import { watchReadiness } from '@supabase-media/service/health';
import type { Log } from '@supabase-media/service/logger';
import { createMetrics, type Metrics } from '@supabase-media/service/metrics';
import { startMonitoring } from '@supabase-media/service/start-monitoring';
import { openStorage } from '@supabase-media/storage/connection';
import { type AppLimits, createApp } from './app.ts';
import { openBoard } from './board/open-board.ts';
import { jwksUrlOf } from './check-intake.ts';
import type { WebConfig } from './config.ts';
import { openDatabase } from './database/database.ts';
import { openUploadSessions } from './database/upload-sessions.ts';
import { openVideosTable } from './database/videos.ts';
import { intakeHealthChecks } from './health-checks.ts';
import { countSessions } from './observability/count-sessions.ts';
import { openMediaQueue } from './queue.ts';
import { createChunkCollector } from './relay/collect-chunks.ts';
import { openRelayDispatcher } from './relay/relay-dispatcher.ts';
import { createRelaySlots } from './relay/relay-slots.ts';
import { openResultPlaylists } from './storage/result-playlists.ts';
import { openResultStorage } from './storage/result-storage.ts';
import { openUploadStorage } from './storage/upload-storage.ts';
import { keepSweeping, type SweepResult, sweepUploads } from './sweep.ts';
import { createObjectProver } from './uploads/prove-object.ts';
import { createTokenVerifier } from './verify-token.ts';
import { createVideoWatch } from './videos/video-watch.ts';

/** Time limit for closing connections, in milliseconds; then they end with the process. */
const CLOSE_MS = 5000;

export interface WebServer {
  /** `http://127.0.0.1:3000` */
  readonly url: string;
  /** Lets running requests finish within the grace period, then ends them. */
  readonly stop: () => Promise<void>;
}

/** Limits that only tests set, in milliseconds. */
export interface ServerLimits extends AppLimits {
  /** Time limit for the queue. */
  readonly queueMs?: number;
}

function openParts(config: WebConfig, metrics: Metrics, limits: ServerLimits = {}) {
  const { url, serviceRoleKey, anonKey } = config.supabase;
  const connection = openStorage({ url, serviceRoleKey });
  const database = openDatabase({ url, serviceRoleKey, anonKey });
  const videos = openVideosTable(database);
  const storage = openUploadStorage(connection);
  const queue = openMediaQueue({
    address: config.queue,
    videos,
    maxQueued: config.intake.maxQueued,
    answerMs: limits.queueMs,
  });
  const prover = createObjectProver({ storage, policy: config.intake.verify });
  return { connection, videos, storage, prover, queue, sessions: countSessions(openUploadSessions(database), metrics) };
}

/** Sweeps once, for an external schedule. */
export async function sweepOnce(options: { config: WebConfig; log: Log; signal: AbortSignal }): Promise<SweepResult> {
  const { connection, ...parts } = openParts(options.config, createMetrics());
  try {
    return await sweepUploads({ ...options, ...parts }, options.signal);
  } finally {
    await Promise.all([parts.queue.close(), connection.close()]);
  }
}

/** Starts the intake API. @throws if a port is in use: its own, or that of metrics or the dashboard. */
export async function startServer(options: {
  readonly config: WebConfig;
  readonly log: Log;
  readonly limits?: ServerLimits | undefined;
}): Promise<WebServer> {
  const { config, log, limits } = options;
  const metrics = createMetrics();
  const { connection, videos, storage, prover, queue, sessions } = openParts(config, metrics, limits);
  const { url } = config.supabase;
  const stopping = new AbortController();
  const graceOver = new AbortController();
  reportFullPool(config.queue, log, stopping.signal);
  const dispatcher = openRelayDispatcher(config.relay.max);
  const uploads = { config, log, metrics, sessions, videos, storage, prover, queue };
  const checks = intakeHealthChecks({ config, queue, storage: connection });
  const readiness = watchReadiness(checks);
  const watch = createVideoWatch({ videos, queue });
  const results = openResultStorage({
    connection,
    publicUrl: `${config.supabase.publicUrl}/storage/v1`,
    lifeSeconds: config.resultUrlSeconds,
  });
  const app = await createApp({
    config,
    log,
    verify: createTokenVerifier({
      secret: config.supabase.jwtSecret,
      jwksUrl: jwksUrlOf(url),
      issuer: config.supabase.jwtIssuer,
      allowsAnonymous: config.allowsAnonymousUsers,
    }),
    relay: {
      ...uploads,
      dispatcher,
      slots: createRelaySlots(config.relay),
      collectChunks: createChunkCollector(),
      signal: graceOver.signal,
    },
    video: { config, videos, queue, storage, results },
    playlists: openResultPlaylists(connection),
    watch,
    readiness,
    limits,
    stopping: stopping.signal,
  });
  await app.listen({ host: config.host, port: config.port });
  const openInspector = () => openQueueInspector(config.queue);
  const monitoring = await startMonitoring({
    metrics,
    ...config.metrics,
    openQueueInspector: openInspector,
    checks,
  }).catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  if (monitoring.port !== undefined)
    log.info({ event: 'web.metrics', port: monitoring.port }, `Metrics and health on port ${monitoring.port}`);
  const board = await openBoard(config, log).catch(async (error: unknown) => {
    await Promise.all([app.close(), monitoring.close()]);
    throw error;
  });
  if (board.port !== undefined)
    log.info({ event: 'web.board', port: board.port }, `Queue dashboard on port ${board.port}`);
  const sweeping =
    config.sweepEveryMs === 0 ? Promise.resolve() : keepSweeping(uploads, config.sweepEveryMs, stopping.signal);

  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    stopping.abort();
    readiness.drain();
    monitoring.drain();
    const timer = setTimeout(() => {
      graceOver.abort(new Error('The server stops.'));
      app.server.closeAllConnections();
    }, config.shutdownGraceMs);
    await app.close();
    clearTimeout(timer);
    graceOver.abort(new Error('The server stops.'));
    const closeParts = async () => {
      await Promise.all([sweeping, watch.close()]);
      readiness.stop();
      await Promise.all([queue.close(), connection.close(), dispatcher.destroy(), board.close()]);
      await monitoring.close();
    };
    // Closing a queue connection that is still being opened may never end; nothing else should wait for it.
    await Promise.race([closeParts(), sleep(CLOSE_MS, undefined, { ref: false })]);
  };
  const { port, address, family } = app.server.address() as AddressInfo;
  const host = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address;
  return {
    url: `http://${host}:${port}`,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}
