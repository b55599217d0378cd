/** The environment of the intake, checked once and frozen. Nothing else reads `process.env`. */
import { MediaError } from '@supabase-media/worker/internal/errors';
import type { z } from 'zod';
import { HOSTED_CHUNK_BYTES } from '../contract/limits.ts';
import { SHARED_VARIABLES, WEB_VARIABLES, type WebVariable } from './config-variables.ts';

const TABLE = { ...SHARED_VARIABLES, ...WEB_VARIABLES };

type Name = keyof typeof TABLE;
type Value<N extends Name> = z.output<(typeof TABLE)[N]['schema']>;

/** The validated environment. Sizes in bytes, times in milliseconds unless the name says seconds. */
export interface WebConfig {
  readonly host: string;
  readonly port: number;
  readonly origins: readonly string[];
  readonly shutdownGraceMs: number;
  readonly ratePerMinute: number;
  readonly supabase: {
    readonly url: string;
    /** As browsers reach it. */
    readonly publicUrl: string;
    readonly serviceRoleKey: string;
    readonly anonKey: string | undefined;
    readonly jwtSecret: string | undefined;
    readonly jwtIssuer: string | undefined;
  };
  readonly sourceBucket: string;
  readonly resultBucket: string;
  readonly queue: { readonly redisUrl: string | undefined; readonly databaseUrl: string | undefined };
  readonly intake: {
    readonly maxBytes: number;
    readonly maxOpen: number;
    readonly createPerMinute: number;
    readonly retentionSeconds: number;
    readonly proveMs: number;
    /** Of one PATCH; null where one may carry all. */
    readonly chunkBytes: number | null;
  };
  /** 0: no sweeping by itself. */
  readonly sweepEveryMs: number;
  readonly relay: { readonly max: number; readonly stallMs: number; readonly timeoutMs: number };
  readonly events: { readonly max: number; readonly maxPerUser: number };
  readonly resultUrlSeconds: number;
  /** Apart from the API's own port; undefined: nothing is served. */
  readonly metrics: { readonly host: string; readonly port: number | undefined };
  /** Undefined: there is none. */
  readonly board: { readonly port: number; readonly password: string } | undefined;
  /** Without an endpoint no traces are made. */
  readonly tracing: {
    readonly endpoint: string | undefined;
    readonly headers: Readonly<Record<string, string>> | undefined;
  };
  readonly log: { readonly level: Value<'LOG_LEVEL'>; readonly format: Value<'LOG_FORMAT'> };
  /** Every secret value that was read, so that the logger can blot them out. */
  readonly secrets: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const describeValue = (variable: WebVariable, value: string): string =>
  variable.secret ? `is set to something else (${value.length} characters, not shown)` : `is "${value.slice(0, 80)}"`;

function readVariables(environment: Environment, problems: string[]) {
  const values = new Map<string, unknown>();
  const secrets: string[] = [];
  for (const [name, variable] of Object.entries<WebVariable>(TABLE)) {
    const raw = environment[name]?.trim() || variable.default;
    if (raw === undefined) continue;
    if (variable.secret) secrets.push(raw);
    const result = variable.schema.safeParse(raw);
    if (result.success) values.set(name, result.data);
    else problems.push(`${name} ${describeValue(variable, raw)}; allowed: ${variable.allowed}.`);
  }
  for (const name of ['SUPABASE_URL', 'SUPABASE_SERVICE_ROLE_KEY'] as const)
    if (!environment[name]?.trim()) problems.push(`${name} is not set; needed: ${TABLE[name].allowed}.`);
  if (!environment.REDIS_URL?.trim() && !environment.DATABASE_URL?.trim())
    problems.push('REDIS_URL and DATABASE_URL are both unset; the queue needs one of them.');
  if (Number(environment.BOARD_PORT) > 0 && !environment.BOARD_PASSWORD?.trim())
    problems.push(`BOARD_PORT is set and BOARD_PASSWORD is not; needed: ${TABLE.BOARD_PASSWORD.allowed}.`);
  return { values, secrets };
}

/** Hosted projects: their Storage demands chunks of 6 MiB, and their tokens name them as issuer. */
const isHosted = (url: string): boolean => /\.supabase\.(co|in)$/.test(new URL(url).hostname);

/**
 * Validates the environment.
 *
 * @throws {MediaError} `config_invalid`, naming every problem at once: the variable, its value unless it is a secret,
 * and what is allowed.
 */
export function loadWebConfig(environment: Environment): WebConfig {
  const problems: string[] = [];
  const { values, secrets } = readVariables(environment, problems);
  if (problems.length > 0)
    throw new MediaError({
      code: 'config_invalid',
      message: problems.length === 1 ? String(problems[0]) : `${problems.length} problems:\n  ${problems.join('\n  ')}`,
      details: { problems },
    });
  const get = <N extends Name>(name: N) => values.get(name) as Value<N>;
  const maybe = <N extends Name>(name: N) => values.get(name) as Value<N> | undefined;
  const url = get('SUPABASE_URL');
  const hosted = isHosted(url);
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
      jwtIssuer: maybe('SUPABASE_JWT_ISSUER') ?? (hosted ? `${url}/auth/v1` : undefined),
    },
    sourceBucket: get('SOURCE_BUCKET'),
    resultBucket: get('RESULT_BUCKET'),
    queue: { redisUrl: maybe('REDIS_URL'), databaseUrl: maybe('DATABASE_URL') },
    intake: {
      maxBytes: get('INTAKE_MAX_BYTES'),
      maxOpen: get('INTAKE_MAX_OPEN'),
      createPerMinute: get('INTAKE_CREATE_PER_MINUTE'),
      retentionSeconds: get('INTAKE_RETENTION_HOURS') * 3600,
      proveMs: get('INTAKE_PROVE_SECONDS') * 1000,
      chunkBytes: chunkMegabytes === undefined ? (hosted ? HOSTED_CHUNK_BYTES : null) : chunkMegabytes * 1_048_576,
    },
    sweepEveryMs: get('SWEEP_EVERY_SECONDS') * 1000,
    relay: {
      max: get('RELAY_MAX'),
      stallMs: get('RELAY_STALL_SECONDS') * 1000,
      timeoutMs: get('RELAY_TIMEOUT_SECONDS') * 1000,
    },
    events: { max: get('EVENTS_MAX'), maxPerUser: get('EVENTS_MAX_PER_USER') },
    resultUrlSeconds: get('RESULT_URL_SECONDS'),
    metrics: { host: get('METRICS_HOST'), port: get('METRICS_PORT') || undefined },
    board: boardPassword === undefined || boardPort === 0 ? undefined : { port: boardPort, password: boardPassword },
    tracing: { endpoint: maybe('OTEL_EXPORTER_OTLP_ENDPOINT'), headers: maybe('OTEL_EXPORTER_OTLP_HEADERS') },
    log: { level: get('LOG_LEVEL'), format: get('LOG_FORMAT') },
    secrets: [...new Set([...secrets, ...secrets.flatMap(passwordsOf)])].filter((secret) => secret.length >= 6),
  });
}

/** The password of an address, as written and as decoded: both may turn up in messages of others. */
function passwordsOf(secret: string): string[] {
  const password = URL.canParse(secret) ? new URL(secret).password : '';
  return password ? [password, decodeURIComponent(password)] : [];
}
