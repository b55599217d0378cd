/**
 * Every environment variable of the intake API: section, unit, default and reason. `config.ts` validates by this table;
 * `.env.example` and docs/configuration.md are generated from it (`npm run env:example`, `npm run docs:configuration`).
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

/** Variables that only the intake API reads. */
export const WEB_VARIABLES = {
  WEB_HOST: {
    section: 'Intake API',
    allowed: 'an address of this machine',
    default: '0.0.0.0',
    reason: 'The address that the intake API listens on. 127.0.0.1 makes it unreachable from other machines.',
    schema: z.string().min(1),
  },
  WEB_PORT: {
    section: 'Intake API',
    allowed: 'a whole number from 0 to 65535',
    default: '3000',
    reason: 'The port that the intake API listens on; 0 picks any free one and prints it.',
    schema: wholeNumber(0, 65_535),
  },
  WEB_ORIGINS: {
    section: 'Intake API',
    allowed: 'origins (https://app.example.com) with commas between, or * for any',
    example: 'https://app.example.com',
    reason: 'Other origins whose pages may call the API. Unset: only its own origin.',
    schema: z
      .string()
      .transform((value) => value.split(',').map((origin) => origin.trim().replace(/\/+$/, '')))
      .refine((origins) => origins.every((origin) => origin === '*' || httpAddress.safeParse(origin).success)),
  },
  WEB_SHUTDOWN_GRACE_SECONDS: {
    section: 'Intake API',
    allowed: 'whole seconds from 0 to 3600',
    default: '20',
    reason:
      'How long a stopping intake API lets running requests finish. An interrupted relayed upload resumes on another process.',
    schema: wholeNumber(0, 3600),
  },
  WEB_RATE_PER_MINUTE: {
    section: 'Intake API',
    allowed: 'a whole number from 1 to 100000',
    default: '600',
    reason: 'Requests per user and minute that one process accepts; relayed bytes are not counted.',
    schema: wholeNumber(1, 100_000),
  },
  SUPABASE_ANON_KEY: {
    section: 'Intake API',
    allowed: 'the anonymous or publishable key: a JWT (eyJ…) or sb_publishable_…',
    example: 'sb_publishable_…',
    reason:
      "Given to pages for signing in, and sent with the user's token to the database. Unset: pages must have their own, and the service role's key is sent with the token; only the token decides the rights.",
    schema: z.string().regex(/^(eyJ[\w-]+\.[\w-]+\.[\w-]+|sb_publishable_[\w-]+)$/),
  },
  SUPABASE_PUBLIC_URL: {
    section: 'Intake API',
    allowed: 'an http:// or https:// address',
    example: 'https://your-project.supabase.co',
    reason: 'The address of Supabase for browsers, if it differs from SUPABASE_URL.',
    schema: httpAddress,
  },
  SUPABASE_JWT_SECRET: {
    section: 'Intake API',
    allowed: 'at least 32 characters',
    example: 'super-secret-jwt-token-with-at-least-32-characters-long',
    reason:
      'Verifies tokens signed with HS256 (older projects). Unset: only tokens signed with a key that the project publishes are accepted.',
    secret: true,
    schema: z.string().min(32),
  },
  SUPABASE_JWT_ISSUER: {
    section: 'Intake API',
    allowed: 'the iss of the tokens',
    example: 'https://your-project.supabase.co/auth/v1',
    reason: 'Tokens of another issuer are rejected. Unset: derived for hosted projects, not checked for others.',
    schema: z.string().min(1),
  },
  SOURCE_BUCKET: {
    section: 'Intake API',
    allowed: 'the name of a bucket',
    default: 'project-videos',
    reason: 'The bucket for uploads. The migrations create the default one.',
    schema: z.string().regex(/^[A-Za-z0-9_.-]{1,100}$/),
  },
  INTAKE_MAX_BYTES: {
    section: 'Intake API',
    allowed: 'whole bytes from 1 to 1000000000000',
    default: String(MAX_VIDEO_BYTES),
    reason: "The largest file that is accepted. The bucket's and the project's limits also apply: the smallest wins.",
    schema: wholeNumber(1, 1e12),
  },
  INTAKE_MAX_OPEN: {
    section: 'Intake API',
    allowed: 'a whole number from 1 to 1000',
    default: '20',
    reason: 'Open uploads per user, across all processes.',
    schema: wholeNumber(1, 1000),
  },
  INTAKE_CREATE_PER_MINUTE: {
    section: 'Intake API',
    allowed: 'a whole number from 1 to 10000',
    default: '60',
    reason: 'New uploads per user and minute, across all processes.',
    schema: wholeNumber(1, 10_000),
  },
  MAX_QUEUED_PER_OWNER: {
    section: 'Intake API',
    allowed: 'a whole number from 1 to 10000',
    default: '20',
    reason:
      'Videos per user that wait or are processed at the same time, across all processes. A further one is answered 429; its upload is kept, and enqueued when there is room.',
    schema: wholeNumber(1, 10_000),
  },
  ALLOW_ANONYMOUS_USERS: {
    section: 'Intake API',
    allowed: 'true or false',
    default: 'false',
    reason:
      'Whether users of anonymous sign-ins (Supabase Auth) may upload. Anyone can make any number of them, so no limit per user holds for a person.',
    schema: z.enum(['true', 'false']).transform((value) => value === 'true'),
  },
  INTAKE_RETENTION_HOURS: {
    section: 'Intake API',
    allowed: 'whole hours from 3 to 8760',
    default: '168',
    reason:
      'How long ended sessions are kept. At least 3: upload tokens are valid for 2, and data uploaded with them is removed at the end.',
    schema: wholeNumber(3, 8760),
  },
  INTAKE_PROVE_SECONDS: {
    section: 'Intake API',
    allowed: 'whole seconds from 5 to 3600',
    default: '600',
    reason:
      'Limits the verification of one finished upload. One that declared a SHA-256 is read completely, and one that UPLOAD_VERIFY has read back.',
    schema: wholeNumber(5, 3600),
  },
  SWEEP_EVERY_SECONDS: {
    section: 'Intake API',
    allowed: 'whole seconds from 0 to 86400',
    default: '300',
    reason: 'How often expired sessions are ended and removed. 0: never automatically; run `npm run web -- sweep`.',
    schema: wholeNumber(0, 86_400),
  },
  RELAY_MAX: {
    section: 'Intake API',
    allowed: 'a whole number from 0 to 1000',
    default: '32',
    reason: 'Concurrent relayed uploads of one process; each takes about 1 MB of memory. 0: no relay.',
    schema: wholeNumber(0, 1000),
  },
  RELAY_MAX_PER_USER: {
    section: 'Intake API',
    allowed: 'a whole number from 1 to 1000',
    default: '6',
    reason: 'Concurrent relayed uploads per user and process, so that one user cannot take every slot.',
    schema: wholeNumber(1, 1000),
  },
  RELAY_STALL_SECONDS: {
    section: 'Intake API',
    allowed: 'whole seconds from 1 to 3600',
    default: '60',
    reason: 'A relayed request in which no byte moves for this long is ended.',
    schema: wholeNumber(1, 3600),
  },
  RELAY_MIN_BYTES_PER_SECOND: {
    section: 'Intake API',
    allowed: 'whole bytes per second from 0 to 1000000',
    default: '2048',
    reason:
      'A relayed request whose client sends less, on average over RELAY_STALL_SECONDS, is ended: a byte now and then must not keep a place. 0: any rate.',
    schema: wholeNumber(0, 1_000_000),
  },
  RELAY_TIMEOUT_SECONDS: {
    section: 'Intake API',
    allowed: 'whole seconds from 1 to 86400',
    default: '3600',
    reason: 'Limits one relayed request; an upload may take several.',
    schema: wholeNumber(1, 86_400),
  },
  EVENTS_MAX: {
    section: 'Intake API',
    allowed: 'a whole number from 1 to 100000',
    default: '1000',
    reason: 'Concurrent event streams of one process.',
    schema: wholeNumber(1, 100_000),
  },
  EVENTS_MAX_PER_USER: {
    section: 'Intake API',
    allowed: 'a whole number from 1 to 1000',
    default: '20',
    reason: 'Concurrent event streams per user and process.',
    schema: wholeNumber(1, 1000),
  },
  RESULT_URL_SECONDS: {
    section: 'Intake API',
    allowed: 'whole seconds from 60 to 604800',
    default: '3600',
    reason: 'How long signed addresses of results are valid.',
    schema: wholeNumber(60, 604_800),
  },
  BOARD_PORT: {
    section: 'Intake API',
    allowed: 'a whole number from 0 to 65535',
    default: '0',
    reason:
      'The port of a read-only queue dashboard (Bull Board) on METRICS_HOST, protected by BOARD_PASSWORD. 0 disables it.',
    schema: wholeNumber(0, 65_535),
  },
  BOARD_PASSWORD: {
    section: 'Intake API',
    allowed: 'at least 12 characters',
    example: 'a-long-password',
    reason: 'The password of the dashboard, with any user name. Use TLS unless the network is private.',
    secret: true,
    schema: z.string().min(12),
  },
} as const satisfies VariableTable;

/** Variables that the intake API shares with the worker. */
export const SHARED_VARIABLES = {
  ...SUPABASE_VARIABLES,
  ...QUEUE_VARIABLES,
  ...UPLOAD_VARIABLES,
  ...METRICS_VARIABLES,
  ...TRACING_VARIABLES,
  ...LOG_VARIABLES,
} as const;
