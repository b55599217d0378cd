/**
 * Tracing: one trace per job, from the producer that added it to the worker's last upload. Off unless a collector is
 * configured; then only OpenTelemetry's API is loaded, whose calls do nothing.
 */
import { type Attributes, SpanStatusCode, trace } from '@opentelemetry/api';
import { toMediaError } from '@supabase-media/core/errors';

export interface StartTracingOptions {
  /** `OTEL_EXPORTER_OTLP_ENDPOINT`; `undefined` turns tracing off. */
  readonly endpoint: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** `service.name` of the process. */
  readonly service: string;
  /** Takes secrets out of names, attributes and messages. */
  readonly redact: (text: string) => string;
}

/** The tracing of one process. */
export interface Tracing {
  /** Sends the remaining spans, for a few seconds at most. Never throws: a collector that is down must not fail the work. */
  readonly close: () => Promise<void>;
}

const TRACER = 'supabase-media';

let running = 0;

/** Whether tracing is on in this process. */
export const isTracing = (): boolean => running > 0;

/** Starts tracing in this process. The caller closes it. */
export async function startTracing(options: StartTracingOptions): Promise<Tracing> {
  const { endpoint, headers = {}, service, redact } = options;
  if (endpoint === undefined) return { close: async () => {} };
  const { openTracingSdk } = await import('./tracing-sdk.ts');
  const sdk = openTracingSdk({ endpoint, headers, service, redact });
  running += 1;
  return {
    close: async () => {
      running -= 1;
      await sdk.close();
    },
  };
}

/**
 * Runs work in a new span below the active one.
 *
 * @throws what the work throws; its code is recorded on the span.
 */
export async function inSpan<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  return trace.getTracer(TRACER).startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work();
    } catch (error) {
      const { code, message } = toMediaError(error);
      span.setAttribute('error.type', code);
      span.setStatus({ code: SpanStatusCode.ERROR, message });
      throw error;
    } finally {
      span.end();
    }
  });
}
