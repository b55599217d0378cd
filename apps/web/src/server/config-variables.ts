/**
 * Every environment variable of the intake: section, unit, default and reason. `.env.example` is generated from this
 * table and the worker's (`npm run env:example`), and `config.ts` validates by it.
 */
import { METRICS_VARIABLES } from '@supabase-media/service/metrics-variables';
import { httpAddress, type VariableTable, wholeNumber } from '@supabase-media/service/settings-table';
import {
  LOG_VARIABLES,
  QUEUE_VARIABLES,
  SUPABASE_VARIABLES,
  UPLOAD_VARIABLES,
} from '@supabase-media/service/shared-variables';
import { TRACING_VARIABLES } from '@supabase-media/service/tracing-variables';
import { MAX_VIDEO_BYTES } from '@supabase-media/upload-protocol/limits';
import { z } from 'zod';

/** Variables that only the intake reads. */
export const WEB_VARIABLES = {
  WEB_HOST: {
    section: 'Intake',
    allowed: 'an address of this machine',
    default: '0.0.0.0',
    reason: 'Where the intake listens. 127.0.0.1 keeps it to this machine.',
    schema: z.string().min(1),
  },
  WEB_PORT: {
    section: 'Intake',
    allowed: 'a whole number from 0 to 65535',
    default: '3000',
    reason: 'The port the intake listens on; 0 takes any free one and says which.',
    schema: wholeNumber(0, 65_535),
  },
  WEB_ORIGINS: {
    section: 'Intake',
    allowed: 'origins (https://app.example.com) with commas between, or * for any',
    example: 'https://app.example.com',
    reason: 'Pages of other origins that may call the API. Unset: only pages of its own origin.',
    schema: z
      .string()
      .transform((value) => value.split(',').map((origin) => origin.trim().replace(/\/+$/, '')))
      .refine((origins) => origins.every((origin) => origin === '*' || httpAddress.safeParse(origin).success)),
  },
  WEB_SHUTDOWN_GRACE_SECONDS: {
    section: 'Intake',
    allowed: 'whole seconds from 0 to 3600',
    default: '20',
    reason: 'How long a stopping intake lets running requests finish. A relayed upload that is cut goes on elsewhere.',
    schema: wholeNumber(0, 3600),
  },
  WEB_RATE_PER_MINUTE: {
    section: 'Intake',
    allowed: 'a whole number from 1 to 100000',
    default: '600',
    reason: 'Requests of one user that one process takes in a minute, the bytes of relayed uploads aside.',
    schema: wholeNumber(1, 100_000),
  },
  SUPABASE_ANON_KEY: {
    section: 'Intake',
    allowed: 'the anonymous or publishable key: a JWT (eyJ…) or sb_publishable_…',
    example: 'sb_publishable_…',
    reason:
      "Told to pages, which sign in with it, and sent beside a user's token to the database. Unset: pages must know it themselves, and the service role's key stands beside the token, which alone decides the rights.",
    schema: z.string().regex(/^(eyJ[\w-]+\.[\w-]+\.[\w-]+|sb_publishable_[\w-]+)$/),
  },
  SUPABASE_PUBLIC_URL: {
    section: 'Intake',
    allowed: 'an http:// or https:// address',
    example: 'https://your-project.supabase.co',
    reason: 'Where browsers reach Supabase, if that is another address than SUPABASE_URL.',
    schema: httpAddress,
  },
  SUPABASE_JWT_SECRET: {
    section: 'Intake',
    allowed: 'at least 32 characters',
    example: 'super-secret-jwt-token-with-at-least-32-characters-long',
    reason:
      'Proves tokens signed with HS256 (older projects). Unset: only tokens signed with one of the keys that the project publishes are taken.',
    secret: true,
    schema: z.string().min(32),
  },
  SUPABASE_JWT_ISSUER: {
    section: 'Intake',
    allowed: 'the iss of the tokens',
    example: 'https://your-project.supabase.co/auth/v1',
    reason: 'Tokens of another issuer are refused. Unset: known for hosted projects, not looked at elsewhere.',
    schema: z.string().min(1),
  },
  SOURCE_BUCKET: {
    section: 'Intake',
    allowed: 'the name of a bucket',
    default: 'project-videos',
    reason: 'The bucket that uploads arrive in; the migrations create the default one.',
    schema: z.string().regex(/^[A-Za-z0-9_.-]{1,100}$/),
  },
  INTAKE_MAX_BYTES: {
    section: 'Intake',
    allowed: 'whole bytes from 1 to 1000000000000',
    default: String(MAX_VIDEO_BYTES),
    reason: "The largest file that is let in. The bucket's and the project's limits hold besides: the smallest wins.",
    schema: wholeNumber(1, 1e12),
  },
  INTAKE_MAX_OPEN: {
    section: 'Intake',
    allowed: 'a whole number from 1 to 1000',
    default: '20',
    reason: 'Uploads that one user may have open at a time, over all processes.',
    schema: wholeNumber(1, 1000),
  },
  INTAKE_CREATE_PER_MINUTE: {
    section: 'Intake',
    allowed: 'a whole number from 1 to 10000',
    default: '60',
    reason: 'Uploads that one user may begin in a minute, over all processes.',
    schema: wholeNumber(1, 10_000),
  },
  INTAKE_RETENTION_HOURS: {
    section: 'Intake',
    allowed: 'whole hours from 3 to 8760',
    default: '168',
    reason:
      'How long ended sessions are remembered. At least 3: upload tokens live for 2, and what they may have left is removed at the end.',
    schema: wholeNumber(3, 8760),
  },
  INTAKE_PROVE_SECONDS: {
    section: 'Intake',
    allowed: 'whole seconds from 5 to 3600',
    default: '600',
    reason: 'Bounds the proof of one finished upload. Only one that announced a SHA-256 is read whole.',
    schema: wholeNumber(5, 3600),
  },
  SWEEP_EVERY_SECONDS: {
    section: 'Intake',
    allowed: 'whole seconds from 0 to 86400',
    default: '300',
    reason: 'How often sessions past their time are ended and removed. 0: never by itself; run `npm run web -- sweep`.',
    schema: wholeNumber(0, 86_400),
  },
  RELAY_MAX: {
    section: 'Intake',
    allowed: 'a whole number from 0 to 1000',
    default: '32',
    reason: 'Uploads that one process passes on at a time; each takes about 1 MB. 0: no relay.',
    schema: wholeNumber(0, 1000),
  },
  RELAY_MAX_PER_USER: {
    section: 'Intake',
    allowed: 'a whole number from 1 to 1000',
    default: '6',
    reason: 'Uploads of one user that one process passes on at a time, so that nobody takes every place.',
    schema: wholeNumber(1, 1000),
  },
  RELAY_STALL_SECONDS: {
    section: 'Intake',
    allowed: 'whole seconds from 1 to 3600',
    default: '60',
    reason: 'A relayed request in which no byte moves for this long is ended.',
    schema: wholeNumber(1, 3600),
  },
  RELAY_TIMEOUT_SECONDS: {
    section: 'Intake',
    allowed: 'whole seconds from 1 to 86400',
    default: '3600',
    reason: 'Bounds one relayed request; the upload itself may take many.',
    schema: wholeNumber(1, 86_400),
  },
  EVENTS_MAX: {
    section: 'Intake',
    allowed: 'a whole number from 1 to 100000',
    default: '1000',
    reason: 'Pages that may follow videos at one process at a time.',
    schema: wholeNumber(1, 100_000),
  },
  EVENTS_MAX_PER_USER: {
    section: 'Intake',
    allowed: 'a whole number from 1 to 1000',
    default: '20',
    reason: 'Pages of one user that may follow videos at one process at a time.',
    schema: wholeNumber(1, 1000),
  },
  RESULT_URL_SECONDS: {
    section: 'Intake',
    allowed: 'whole seconds from 60 to 604800',
    default: '3600',
    reason: 'How long the signed addresses of results work.',
    schema: wholeNumber(60, 604_800),
  },
  BOARD_PORT: {
    section: 'Intake',
    allowed: 'a whole number from 0 to 65535',
    default: '0',
    reason:
      'Serves a dashboard of the queue (Bull Board, for looking only) on METRICS_HOST, behind BOARD_PASSWORD. 0 serves none.',
    schema: wholeNumber(0, 65_535),
  },
  BOARD_PASSWORD: {
    section: 'Intake',
    allowed: 'at least 12 characters',
    example: 'a-long-password',
    reason:
      'The password of the dashboard; any name goes with it. Put TLS before it where strangers share the network.',
    secret: true,
    schema: z.string().min(12),
  },
} as const satisfies VariableTable;

/** What the intake shares with the worker. */
export const SHARED_VARIABLES = {
  ...SUPABASE_VARIABLES,
  ...QUEUE_VARIABLES,
  ...UPLOAD_VARIABLES,
  ...METRICS_VARIABLES,
  ...TRACING_VARIABLES,
  ...LOG_VARIABLES,
} as const;
