/** The environment variables of traces, by their standard names; a part of the table in `config-variables.ts`. */
import { z } from 'zod';

export const TRACING_VARIABLES = {
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    section: 'Logging',
    allowed: 'an http:// or https:// address',
    example: 'http://127.0.0.1:4318',
    reason:
      'A collector of OpenTelemetry (OTLP over HTTP) that traces are sent to, below /v1/traces. Unset: none are made.',
    schema: z
      .string()
      .refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol))
      .transform((value) => value.replace(/\/+$/, '')),
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    section: 'Logging',
    allowed: 'name=value pairs with commas between, values percent-encoded',
    example: 'authorization=Bearer%20…',
    reason: 'Sent with every trace, for collectors that want a key.',
    secret: true,
    schema: z
      .string()
      .regex(/^\s*[\w-]+=[^,]*(,\s*[\w-]+=[^,]*)*$/)
      .transform((value) =>
        Object.fromEntries(
          value.split(',').map((pair): [string, string] => {
            const at = pair.indexOf('=');
            return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())];
          }),
        ),
      ),
  },
} as const;
