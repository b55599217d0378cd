/**
 * Traces: one for each job, from the producer that added it to the worker's last upload. Off unless a collector is named;
 * then nothing but OpenTelemetry's API is loaded, whose calls do nothing.
 */
import { type Attributes, SpanStatusCode, trace } from '@opentelemetry/api';
import { toMediaError } from '@supabase-media/core/errors';

export interface StartTracingOptions {
  /** `OTEL_EXPORTER_OTLP_ENDPOINT`; `undefined` makes no traces. */
  readonly endpoint: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** `service.name` of the process. */
  readonly service: string;
}

/** Traces of one process. */
export interface Tracing {
  /** Sends what is left, for at most a few seconds. Never throws: a collector that is down is not the work's trouble. */
  readonly close: () => Promise<void>;
}

const TRACER = 'supabase-media';

let running = 0;

/** Whether this process makes traces. */
export const isTracing = (): boolean => running > 0;

/** Begins to make traces in this process. The caller closes them. */
export async function startTracing(options: StartTracingOptions): Promise<Tracing> {
  const { endpoint, headers = {}, service } = options;
  if (endpoint === undefined) return { close: async () => {} };
  const { openTracingSdk } = await import('./tracing-sdk.ts');
  const sdk = openTracingSdk({ endpoint, headers, service });
  running += 1;
  return {
    close: async () => {
      running -= 1;
      await sdk.close();
    },
  };
}

/**
 * Does work in a span of its own, below whatever span is active.
 *
 * @throws what the work throws; its code is noted on the span.
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
