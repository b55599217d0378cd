/** The environment variables of tracing, with OpenTelemetry's standard names. */
import { z } from 'zod';
import { decodePercent, httpAddress, type VariableTable } from './settings-table.ts';

export const TRACING_VARIABLES = {
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    section: 'Logging',
    allowed: 'an http:// or https:// address',
    example: 'http://127.0.0.1:4318',
    reason: 'The OpenTelemetry collector (OTLP over HTTP) that receives traces at /v1/traces. Unset: tracing is off.',
    schema: httpAddress,
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    section: 'Logging',
    allowed: 'name=value pairs with commas between, values percent-encoded',
    example: 'authorization=Bearer%20…',
    reason: 'Headers of every export, for collectors that require a key.',
    secret: true,
    schema: z
      .string()
      .regex(/^\s*[\w-]+=[^,]*(,\s*[\w-]+=[^,]*)*$/)
      .transform((value, context) => {
        const headers: Record<string, string> = {};
        for (const pair of value.split(',')) {
          const at = pair.indexOf('=');
          const decoded = decodePercent(pair.slice(at + 1).trim());
          if (decoded === undefined) context.addIssue('not percent-encoded');
          else headers[pair.slice(0, at).trim()] = decoded;
        }
        return headers;
      }),
  },
} as const satisfies VariableTable;
