/** The variables that deliveries read. Without WEBHOOK_URLS nothing is delivered. */
import { type VariableTable, wholeNumber } from '@supabase-media/service/settings-table';
import { z } from 'zod';
import type { VariableValues } from '../worker-job-type.ts';
import { keyOf, SECRET_PREFIX } from './sign.ts';

/** The words of a list with commas or spaces between. */
const words = (schema: z.ZodType<string, string>) =>
  z
    .string()
    .transform((value) => value.split(/[\s,]+/).filter((word) => word !== ''))
    .pipe(z.array(schema).min(1));

const httpUrl = z.string().refine((value) => {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return /^https?:$/.test(protocol) && hostname !== '';
});

/** Standard Webhooks asks for 24 to 64 bytes. */
const secret = z.string().refine((value) => {
  if (!value.startsWith(SECRET_PREFIX) || !/^[A-Za-z0-9+/]+={0,2}$/.test(value.slice(SECRET_PREFIX.length)))
    return false;
  const { length } = keyOf(value);
  return length >= 24 && length <= 64;
});

const TABLE = {
  WEBHOOK_URLS: {
    section: 'Webhooks',
    allowed: 'http:// or https:// addresses, with commas or spaces between',
    example: 'https://app.example.com/hooks/videos',
    reason:
      'Each is sent a signed POST when a video becomes ready, rejected, failed or canceled. Unset: nothing is sent. Give every worker of a queue the same.',
    secret: true,
    schema: words(httpUrl),
  },
  WEBHOOK_SECRETS: {
    section: 'Webhooks',
    allowed: 'whsec_ and the base64 of 24 to 64 bytes; several with commas or spaces between',
    example: 'whsec_…',
    reason:
      'Sign what is sent, by Standard Webhooks: whsec_$(openssl rand -base64 32). To replace one, set the old and the new until every receiver knows the new.',
    secret: true,
    schema: words(secret),
  },
  WEBHOOK_TIMEOUT_SECONDS: {
    section: 'Webhooks',
    allowed: 'whole seconds from 1 to 60',
    default: '15',
    reason: 'A receiver that has not answered within this is asked again later, for a day.',
    schema: wholeNumber(1, 60),
  },
} as const satisfies VariableTable;

export const WEBHOOK_VARIABLES: VariableTable = TABLE;

export interface WebhookSettings {
  readonly urls: readonly string[];
  readonly secrets: readonly string[];
  readonly timeoutMs: number;
}

/** Reads the settings from checked values. */
export function webhookSettings(values: VariableValues): WebhookSettings {
  const { WEBHOOK_URLS, WEBHOOK_SECRETS, WEBHOOK_TIMEOUT_SECONDS } = values as {
    readonly [Name in keyof typeof TABLE]?: z.output<(typeof TABLE)[Name]['schema']>;
  };
  return {
    urls: [...new Set(WEBHOOK_URLS)],
    secrets: WEBHOOK_SECRETS ?? [],
    timeoutMs: (WEBHOOK_TIMEOUT_SECONDS ?? 15) * 1000,
  };
}

/** What is wrong with them together. */
export const findWebhookProblems = (values: VariableValues): readonly string[] =>
  values.WEBHOOK_URLS !== undefined && values.WEBHOOK_SECRETS === undefined
    ? ['WEBHOOK_URLS is set and WEBHOOK_SECRETS is not; what is sent has to be signed.']
    : [];
