/** The worker's environment, checked once and frozen; everything is handed its part of the {@link Config}. */
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { MediaError } from '@supabase-media/core/errors';
import type { MediaDefaults } from '@supabase-media/media/settings';
import { queueFingerprint } from '@supabase-media/queue/fingerprint';
import { type Environment, readVariables } from '@supabase-media/service/settings-table';
import type { z } from 'zod';
import { VARIABLES, type VariableName } from './config-variables.ts';

type Value<Name extends VariableName> = z.output<(typeof VARIABLES)[Name]['schema']>;

/** The validated environment. Sizes in bytes, times in milliseconds, as their names say. */
export interface Config {
  readonly supabase: { readonly url: string | undefined; readonly serviceRoleKey: string | undefined };
  readonly resultBucket: string;
  readonly queue: { readonly redisUrl: string | undefined; readonly databaseUrl: string | undefined };
  readonly worker: {
    readonly concurrency: number;
    readonly encodeConcurrency: number;
    readonly uploadConcurrency: number;
    readonly workDir: string;
    /** In it, the directories of jobs. Of this queue alone: the workers of another do not know which of its jobs live. */
    readonly jobsDir: string;
    /** What is to stay free on its disk. */
    readonly reserveBytes: number;
    readonly shutdownGraceMs: number;
    readonly jobLockMs: number;
    readonly jobLifetimeMs: number;
  };
  readonly ffmpeg: {
    readonly ffmpegPath: string | undefined;
    readonly ffprobePath: string | undefined;
    readonly threads: number;
    /** `undefined` for no limit. */
    readonly memoryBytes: number | undefined;
  };
  readonly media: MediaDefaults;
  readonly upload: {
    readonly directMaxBytes: number;
    readonly chunkBytes: number | undefined;
    readonly timeoutMs: number;
    readonly stallMs: number;
    readonly connectMs: number;
    readonly answerMs: number;
    /** Where unfinished uploads are remembered. */
    readonly stateDir: string;
    readonly maxRetries: number;
  };
  /** `port` is undefined when nothing is served. */
  readonly metrics: { readonly host: string; readonly port: number | undefined };
  /** Without an endpoint no traces are made. */
  readonly tracing: {
    readonly endpoint: string | undefined;
    readonly headers: Readonly<Record<string, string>> | undefined;
  };
  readonly log: { readonly level: Value<'LOG_LEVEL'>; readonly format: Value<'LOG_FORMAT'> };
  /** Every secret value that was read, so that the logger can blot them out. */
  readonly secrets: readonly string[];
}

/** What {@link loadConfig} reads and what it insists on. */
export interface LoadConfigOptions {
  readonly environment: Environment;
  /** What the command at hand cannot do without. */
  readonly needs?: { readonly supabase?: boolean; readonly queue?: boolean };
}

/**
 * Validates the environment.
 *
 * @throws {MediaError} `config_invalid`, naming every problem at once: the variable, its value unless it is a secret,
 * and what is allowed.
 */
export function loadConfig(options: LoadConfigOptions): Config {
  const { get, maybe, isSet, need, complain, refuse, secrets } = readVariables(VARIABLES, options.environment);
  if (options.needs?.supabase) need('SUPABASE_URL', 'SUPABASE_SERVICE_ROLE_KEY');
  if (options.needs?.queue && !isSet('REDIS_URL') && !isSet('DATABASE_URL'))
    complain('REDIS_URL and DATABASE_URL are both unset; the queue needs one of them.');
  refuse();

  const workDir = maybe('WORK_DIR') ?? join(tmpdir(), `supabase-media-worker-${userName()}`);
  const queue = { redisUrl: maybe('REDIS_URL'), databaseUrl: maybe('DATABASE_URL') };
  const chunkMegabytes = maybe('UPLOAD_CHUNK_SIZE_MB');
  return Object.freeze({
    supabase: { url: maybe('SUPABASE_URL'), serviceRoleKey: maybe('SUPABASE_SERVICE_ROLE_KEY') },
    resultBucket: get('RESULT_BUCKET'),
    queue,
    worker: {
      concurrency: get('WORKER_CONCURRENCY'),
      encodeConcurrency: maybe('ENCODE_CONCURRENCY') ?? get('WORKER_CONCURRENCY'),
      uploadConcurrency: maybe('UPLOAD_CONCURRENCY') ?? get('WORKER_CONCURRENCY'),
      workDir,
      jobsDir: join(workDir, `jobs-${queueFingerprint(queue)}`),
      reserveBytes: get('WORK_DIR_RESERVE_MB') * 1_000_000,
      jobLockMs: get('JOB_LOCK_SECONDS') * 1000,
      jobLifetimeMs: get('JOB_LIFETIME_HOURS') * 3_600_000,
      shutdownGraceMs: get('SHUTDOWN_GRACE_SECONDS') * 1000,
    },
    ffmpeg: {
      ffmpegPath: maybe('FFMPEG_PATH'),
      ffprobePath: maybe('FFPROBE_PATH'),
      threads: get('MEDIA_THREADS'),
      memoryBytes: get('MEDIA_MEMORY_LIMIT_MB') * 1_000_000 || undefined,
    },
    media: {
      outputs: get('MEDIA_OUTPUTS'),
      profile: get('MEDIA_PROFILE'),
      maxShortSide: get('MEDIA_MAX_SHORT_SIDE'),
      maxFps: get('MEDIA_MAX_FPS'),
      maxDurationSeconds: get('MEDIA_MAX_DURATION_MINUTES') * 60,
    },
    upload: {
      directMaxBytes: get('UPLOAD_DIRECT_MAX_MB') * 1_000_000,
      chunkBytes: chunkMegabytes === undefined ? undefined : chunkMegabytes * 1_048_576,
      timeoutMs: get('UPLOAD_TIMEOUT_SECONDS') * 1000,
      stallMs: get('UPLOAD_STALL_SECONDS') * 1000,
      connectMs: get('UPLOAD_CONNECT_SECONDS') * 1000,
      answerMs: get('UPLOAD_ANSWER_SECONDS') * 1000,
      stateDir: join(workDir, 'uploads'),
      maxRetries: get('UPLOAD_MAX_RETRIES'),
    },
    metrics: { host: get('METRICS_HOST'), port: get('METRICS_PORT') || undefined },
    tracing: { endpoint: maybe('OTEL_EXPORTER_OTLP_ENDPOINT'), headers: maybe('OTEL_EXPORTER_OTLP_HEADERS') },
    log: { level: get('LOG_LEVEL'), format: get('LOG_FORMAT') },
    secrets,
  });
}

/** Who we are; by the number where the system has no name for it, as for `docker run --user 12345`. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.());
  }
}

/** Supabase's address and key of a configuration that was loaded with `needs.supabase`. */
export const supabaseOf = (config: Config): { url: string; serviceRoleKey: string } => {
  const { url, serviceRoleKey } = config.supabase;
  if (url === undefined || serviceRoleKey === undefined)
    throw new MediaError({ code: 'config_invalid', message: 'SUPABASE_URL or SUPABASE_SERVICE_ROLE_KEY is not set.' });
  return { url, serviceRoleKey };
};
