/** Reads the worker's environment once: checked, frozen, every problem told at once. */
import { join } from 'node:path';
import { PART_LIMITS } from '@supabase-media/media/plan-parts';
import { queueFingerprint } from '@supabase-media/queue/fingerprint';
import { type Environment, readVariables } from '@supabase-media/service/settings-table';
import type { Config } from './config.ts';
import { JOB_VARIABLES, VARIABLES } from './config-variables.ts';
import { JOB_TYPES } from './jobs/catalog.ts';
import { defaultWorkDir, readUploadConfig } from './load-upload-config.ts';

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
  const variables = readVariables(VARIABLES, options.environment);
  const { get, maybe, isSet, need, complain, refuse, secrets } = variables;
  const jobVariables = Object.fromEntries(
    Object.keys(JOB_VARIABLES).flatMap((name) => (maybe(name) === undefined ? [] : [[name, maybe(name)]])),
  );
  if (options.needs?.supabase) need('SUPABASE_URL', 'SUPABASE_SERVICE_ROLE_KEY');
  if (options.needs?.queue && !isSet('REDIS_URL') && !isSet('DATABASE_URL'))
    complain('REDIS_URL and DATABASE_URL are both unset; the queue needs one of them.');
  for (const { findProblems } of JOB_TYPES) findProblems?.(jobVariables).forEach(complain);
  refuse();

  const workDir = maybe('WORK_DIR') ?? defaultWorkDir();
  const queue = {
    redisUrl: maybe('REDIS_URL'),
    databaseUrl: maybe('DATABASE_URL'),
    poolSize: get('DATABASE_POOL_SIZE'),
  };
  return Object.freeze({
    ...readUploadConfig(variables),
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
      requestPollMs: get('REQUEST_POLL_SECONDS') * 1000 || undefined,
      split: { afterSeconds: get('MEDIA_SPLIT_MINUTES') * 60 || undefined, limits: PART_LIMITS },
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
      loudnessLufs: maybe('MEDIA_LOUDNESS'),
      hlsLayout: get('MEDIA_HLS'),
    },
    metrics: { host: get('METRICS_HOST'), port: get('METRICS_PORT') || undefined },
    jobVariables,
    secrets: [...secrets, ...listedSecrets(jobVariables)],
  });
}

/** Each of a list of secrets: the list as a whole turns up nowhere. */
const listedSecrets = (values: Config['jobVariables']): readonly string[] =>
  Object.entries(values).flatMap(([name, value]) =>
    JOB_VARIABLES[name]?.secret && Array.isArray(value) ? value.map(String) : [],
  );
