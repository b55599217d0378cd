/** The configuration of the intake API: the environment, checked once and frozen. */
import { type Environment, readVariables } from '@supabase-media/service/settings-table';
import { demandedChunkBytes } from '@supabase-media/upload-protocol/chunk-plan';
import { isHosted } from '@supabase-media/upload-protocol/limits';
import type { z } from 'zod';
import { SHARED_VARIABLES, WEB_VARIABLES } from './config-variables.ts';

/** Every variable of the API. */
export const TABLE = { ...SHARED_VARIABLES, ...WEB_VARIABLES };

type Value<Name extends keyof typeof TABLE> = z.output<(typeof TABLE)[Name]['schema']>;

/** The validated environment. Sizes in bytes; times in milliseconds unless the name says seconds. */
export interface WebConfig {
  readonly host: string;
  readonly port: number;
  readonly origins: readonly string[];
  readonly shutdownGraceMs: number;
  readonly ratePerMinute: number;
  readonly supabase: {
    readonly url: string;
    /** For browsers. */
    readonly publicUrl: string;
    readonly serviceRoleKey: string;
    readonly anonKey: string | undefined;
    readonly jwtSecret: string | undefined;
    readonly jwtIssuer: string | undefined;
  };
  readonly sourceBucket: string;
  readonly resultBucket: string;
  readonly queue: {
    readonly redisUrl: string | undefined;
    readonly databaseUrl: string | undefined;
    /** The most connections to PostgreSQL. */
    readonly poolSize: number;
  };
  readonly intake: {
    readonly maxBytes: number;
    readonly maxOpen: number;
    readonly createPerMinute: number;
    /** Videos of one owner that may wait or be processed. */
    readonly maxQueued: number;
    readonly retentionSeconds: number;
    readonly verifyMs: number;
    readonly verify: Value<'UPLOAD_VERIFY'>;
    /** The size of one PATCH; null if one may carry the whole file. */
    readonly chunkBytes: number | null;
  };
  /** Whether users of anonymous sign-ins are served. */
  readonly allowsAnonymousUsers: boolean;
  /** 0: no automatic sweeps. */
  readonly sweepEveryMs: number;
  readonly relay: {
    readonly max: number;
    readonly maxPerUser: number;
    readonly stallMs: number;
    /** Of a client, on average over `stallMs`; 0: any. */
    readonly minBytesPerSecond: number;
    readonly timeoutMs: number;
  };
  readonly events: { readonly max: number; readonly maxPerUser: number };
  readonly resultUrlSeconds: number;
  /** On a port of its own; `undefined` disables it. */
  readonly metrics: { readonly host: string; readonly port: number | undefined };
  /** `undefined` disables the dashboard. */
  readonly board: { readonly port: number; readonly password: string } | undefined;
  /** Without an endpoint tracing is off. */
  readonly tracing: {
    readonly endpoint: string | undefined;
    readonly headers: Readonly<Record<string, string>> | undefined;
  };
  readonly log: { readonly level: Value<'LOG_LEVEL'>; readonly format: Value<'LOG_FORMAT'> };
  /** Every secret value that was read, for the logger to redact. */
  readonly secrets: readonly string[];
}

/** Hosted projects: their Storage requires chunks of 6 MiB, and the issuer of their tokens is known. */

/**
 * Validates the environment.
 *
 * @throws {MediaError} `config_invalid`, naming all problems: each variable, its value unless it is a secret, and what is
 * allowed.
 */
export function loadWebConfig(environment: Environment): WebConfig {
  const { get, maybe, isSet, need, complain, refuse, secrets } = readVariables(TABLE, environment);
  need('SUPABASE_URL', 'SUPABASE_SERVICE_ROLE_KEY');
  if (!isSet('REDIS_URL') && !isSet('DATABASE_URL'))
    complain('REDIS_URL and DATABASE_URL are both unset; the queue needs one of them.');
  if (Number(environment.BOARD_PORT) > 0 && !isSet('BOARD_PASSWORD'))
    complain(`BOARD_PORT is set and BOARD_PASSWORD is not; needed: ${TABLE.BOARD_PASSWORD.allowed}.`);
  refuse();
  const url = get('SUPABASE_URL');
  const { hostname } = new URL(url);
  const boardPort = get('BOARD_PORT');
  const boardPassword = maybe('BOARD_PASSWORD');
  const chunkMegabytes = maybe('UPLOAD_CHUNK_SIZE_MB');
  return Object.freeze({
    host: get('WEB_HOST'),
    port: get('WEB_PORT'),
    origins: maybe('WEB_ORIGINS') ?? [],
    shutdownGraceMs: get('WEB_SHUTDOWN_GRACE_SECONDS') * 1000,
    ratePerMinute: get('WEB_RATE_PER_MINUTE'),
    supabase: {
      url,
      publicUrl: maybe('SUPABASE_PUBLIC_URL') ?? url,
      serviceRoleKey: get('SUPABASE_SERVICE_ROLE_KEY'),
      anonKey: maybe('SUPABASE_ANON_KEY'),
      jwtSecret: maybe('SUPABASE_JWT_SECRET'),
      jwtIssuer: maybe('SUPABASE_JWT_ISSUER') ?? (isHosted(hostname) ? `${url}/auth/v1` : undefined),
    },
    sourceBucket: get('SOURCE_BUCKET'),
    resultBucket: get('RESULT_BUCKET'),
    queue: {
      redisUrl: maybe('REDIS_URL'),
      databaseUrl: maybe('DATABASE_URL'),
      poolSize: get('DATABASE_POOL_SIZE'),
    },
    intake: {
      maxBytes: get('INTAKE_MAX_BYTES'),
      maxOpen: get('INTAKE_MAX_OPEN'),
      createPerMinute: get('INTAKE_CREATE_PER_MINUTE'),
      maxQueued: get('MAX_QUEUED_PER_OWNER'),
      retentionSeconds: get('INTAKE_RETENTION_HOURS') * 3600,
      verifyMs: get('INTAKE_PROVE_SECONDS') * 1000,
      verify: get('UPLOAD_VERIFY'),
      chunkBytes: demandedChunkBytes(hostname, chunkMegabytes && chunkMegabytes * 1_048_576) ?? null,
    },
    allowsAnonymousUsers: get('ALLOW_ANONYMOUS_USERS'),
    sweepEveryMs: get('SWEEP_EVERY_SECONDS') * 1000,
    relay: {
      max: get('RELAY_MAX'),
      maxPerUser: get('RELAY_MAX_PER_USER'),
      stallMs: get('RELAY_STALL_SECONDS') * 1000,
      minBytesPerSecond: get('RELAY_MIN_BYTES_PER_SECOND'),
      timeoutMs: get('RELAY_TIMEOUT_SECONDS') * 1000,
    },
    events: { max: get('EVENTS_MAX'), maxPerUser: get('EVENTS_MAX_PER_USER') },
    resultUrlSeconds: get('RESULT_URL_SECONDS'),
    metrics: { host: get('METRICS_HOST'), port: get('METRICS_PORT') || undefined },
    board: boardPassword === undefined || boardPort === 0 ? undefined : { port: boardPort, password: boardPassword },
    tracing: { endpoint: maybe('OTEL_EXPORTER_OTLP_ENDPOINT'), headers: maybe('OTEL_EXPORTER_OTLP_HEADERS') },
    log: { level: get('LOG_LEVEL'), format: get('LOG_FORMAT') },
    secrets,
  });
}
