/** The environment variables that the worker and the intake API both read. */
import { VERIFY_POLICIES } from '@supabase-media/upload-protocol/decide-proof';
import { MAX_VIDEO_BYTES } from '@supabase-media/upload-protocol/limits';
import { z } from 'zod';
import { ENCODED_CREDENTIALS, httpAddress, serverAddress, type VariableTable, wholeNumber } from './settings-table.ts';

/** A JWT (three base64url parts) or a secret key of the newer kind. */
const serviceKey = z.string().regex(/^(eyJ[\w-]+\.[\w-]+\.[\w-]+|sb_secret_[\w-]+)$/);

const text = z.string().min(1);

export const SUPABASE_VARIABLES = {
  SUPABASE_URL: {
    section: 'Supabase',
    allowed: 'the http:// or https:// address of the project',
    example: 'https://your-project.supabase.co',
    reason: 'The address of Storage and the database API. See Project Settings > API.',
    schema: httpAddress,
  },
  SUPABASE_SERVICE_ROLE_KEY: {
    section: 'Supabase',
    allowed: "the service role's key: a JWT (eyJ…) or sb_secret_…",
    example: 'sb_secret_…',
    reason: "The worker writes every user's rows and objects, so it needs the service role. Never send it to browsers.",
    secret: true,
    schema: serviceKey,
  },
  RESULT_BUCKET: {
    section: 'Supabase',
    allowed: 'the name of a bucket',
    default: 'project-processed-videos',
    reason: 'The bucket for results. The migrations create the default one.',
    schema: text,
  },
} as const satisfies VariableTable;

export const QUEUE_VARIABLES = {
  REDIS_URL: {
    section: 'Queue',
    allowed: `a redis:// or rediss:// address, ${ENCODED_CREDENTIALS}`,
    example: 'redis://localhost:6379',
    reason: 'Runs the queue on Redis, Valkey or Dragonfly. If set, DATABASE_URL is not used for the queue.',
    secret: true,
    schema: serverAddress('redis:', 'rediss:'),
  },
  DATABASE_URL: {
    section: 'Queue',
    allowed: `a postgres:// or postgresql:// address, ${ENCODED_CREDENTIALS}`,
    example: 'postgresql://postgres:password@localhost:5432/postgres',
    reason:
      'Runs the queue on PostgreSQL if REDIS_URL is unset. Must be a session connection (port 5432): workers use LISTEN, which a transaction pooler (port 6543) does not support. sslmode and sslrootcert mean what they mean to psql: without sslmode encryption is tried first.',
    secret: true,
    schema: serverAddress('postgres:', 'postgresql:'),
  },
  DATABASE_POOL_SIZE: {
    section: 'Queue',
    allowed: 'whole connections, from 2 to 50',
    default: '2',
    reason:
      'The most connections that one process holds to DATABASE_URL; one of them listens for jobs. Processes times this must fit the pool size of the pooler, or max_connections. Raise it for a high WORKER_CONCURRENCY.',
    schema: wholeNumber(2, 50),
  },
} as const satisfies VariableTable;

export const UPLOAD_VARIABLES = {
  UPLOAD_CHUNK_SIZE_MB: {
    section: 'Upload',
    allowed: `whole megabytes (1 MB = 1048576 bytes here, as Storage counts its parts) from 6 to ${MAX_VIDEO_BYTES / 1_048_576}`,
    example: '6',
    reason:
      'The size of one resumable chunk. Unset: a worker sends all that is left, and less where that is refused (hosted Supabase: not below 6); browsers send 6 on hosted Supabase, else what the connection allows.',
    schema: wholeNumber(6, MAX_VIDEO_BYTES / 1_048_576),
  },
  UPLOAD_VERIFY: {
    section: 'Upload',
    allowed: VERIFY_POLICIES.join(', '),
    default: 'etag',
    reason:
      'The proof that Storage holds what was sent. etag: its ETag, else the object is read back. readback: always read back. size: its ETag, else its size.',
    schema: z.enum(VERIFY_POLICIES),
  },
} as const satisfies VariableTable;

export const LOG_VARIABLES = {
  LOG_LEVEL: {
    section: 'Logging',
    allowed: 'fatal, error, warn, info, debug, trace or silent',
    default: 'info',
    reason: 'The least severe level that is logged.',
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
  },
  LOG_FORMAT: {
    section: 'Logging',
    allowed: 'auto, pretty or json',
    default: 'auto',
    reason: 'auto writes readable lines on a terminal and JSON lines everywhere else.',
    schema: z.enum(['auto', 'pretty', 'json']),
  },
} as const satisfies VariableTable;
