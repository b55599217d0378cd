/** What a worker is set to; everything is handed its part of the {@link Config}. `load-config.ts` makes it. */
import { MediaError } from '@supabase-media/core/errors';
import type { PartLimits } from '@supabase-media/media/plan-parts';
import type { MediaDefaults } from '@supabase-media/media/settings';
import type { LOG_VARIABLES } from '@supabase-media/service/shared-variables';
import type { VerifyPolicy } from '@supabase-media/upload-protocol/decide-proof';
import type { z } from 'zod';

type LogValue<Name extends keyof typeof LOG_VARIABLES> = z.output<(typeof LOG_VARIABLES)[Name]['schema']>;

/** The validated environment. Sizes in bytes, times in milliseconds, as their names say. */
export interface Config {
  readonly supabase: { readonly url: string | undefined; readonly serviceRoleKey: string | undefined };
  readonly resultBucket: string;
  readonly queue: {
    readonly redisUrl: string | undefined;
    readonly databaseUrl: string | undefined;
    /** The most connections to PostgreSQL. */
    readonly poolSize: number;
  };
  readonly worker: {
    readonly concurrency: number;
    readonly encodeConcurrency: number;
    readonly uploadConcurrency: number;
    readonly workDir: string;
    /** In it, the directories of jobs. Of this queue alone: the workers of another do not know which of its jobs live. */
    readonly jobsDir: string;
    /** What is to stay free on its disk. */
    readonly reserveBytes: number;
    /** Videos that one worker would encode for longer than this are encoded in parts; undefined: none. */
    readonly split: { readonly afterSeconds: number | undefined; readonly limits: PartLimits };
    readonly shutdownGraceMs: number;
    readonly jobLockMs: number;
    readonly jobLifetimeMs: number;
    /** How often rows that wait are looked for; undefined: never. */
    readonly requestPollMs: number | undefined;
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
    readonly verify: VerifyPolicy;
  };
  /** `port` is undefined when nothing is served. */
  readonly metrics: { readonly host: string; readonly port: number | undefined };
  /** Without an endpoint no traces are made. */
  readonly tracing: {
    readonly endpoint: string | undefined;
    readonly headers: Readonly<Record<string, string>> | undefined;
  };
  readonly log: { readonly level: LogValue<'LOG_LEVEL'>; readonly format: LogValue<'LOG_FORMAT'> };
  /** Values of the variables that job types add, by name: each type reads its own. */
  readonly jobVariables: Readonly<Record<string, unknown>>;
  /** Every secret value that was read, so that the logger can redact them. */
  readonly secrets: readonly string[];
}

/** What `media upload` is set to. */
export type UploadConfig = Pick<Config, 'supabase' | 'upload' | 'tracing' | 'log' | 'secrets'>;

/** Supabase's address and key of a configuration that was loaded with `needs.supabase`. */
export const supabaseOf = (config: Pick<Config, 'supabase'>): { url: string; serviceRoleKey: string } => {
  const { url, serviceRoleKey } = config.supabase;
  if (url === undefined || serviceRoleKey === undefined)
    throw new MediaError({ code: 'config_invalid', message: 'SUPABASE_URL or SUPABASE_SERVICE_ROLE_KEY is not set.' });
  return { url, serviceRoleKey };
};
