/** Sets up OpenTelemetry's SDK. Loaded only if tracing is enabled: it is about twenty times larger than its API. */
import { type Context, context, diag, propagation, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { redactSpans } from './redact-spans.ts';
import { traceRequests } from './trace-requests.ts';

export interface TracingSdkOptions {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly service: string;
  readonly redact: (text: string) => string;
}

/** The time limit for one export, in milliseconds; spans of a failed export are lost. */
const EXPORT_TIMEOUT_MS = 5000;

/**
 * Which spans may start a trace. Workers poll their queue and rows every second; without this each poll would be a trace
 * of its own, and jobs would be hard to find among them.
 */
const ROOTS: Sampler = {
  shouldSample: (_context: Context, _traceId: string, _name: string, kind: SpanKind) => ({
    decision:
      kind === SpanKind.PRODUCER || kind === SpanKind.CONSUMER || kind === SpanKind.SERVER
        ? SamplingDecision.RECORD_AND_SAMPLED
        : SamplingDecision.NOT_RECORD,
  }),
  toString: () => 'ProducersAndConsumers',
};

/** Registers it for the whole process, as OpenTelemetry does. */
export function openTracingSdk(options: TracingSdkOptions): { readonly close: () => Promise<void> } {
  const { endpoint, headers, service, redact } = options;
  const sender = new OTLPTraceExporter({
    url: `${endpoint}/v1/traces`,
    headers: { ...headers },
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const exporter = redactSpans(sender, redact);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'process.pid': process.pid }),
    sampler: new ParentBasedSampler({ root: ROOTS }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const contexts = new AsyncLocalStorageContextManager().enable();
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(contexts);
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const stopRequests = traceRequests();
  return {
    close: async () => {
      stopRequests();
      await provider.shutdown().catch((error: unknown) => diag.warn('The last traces were not sent', error));
      trace.disable();
      context.disable();
      propagation.disable();
    },
  };
}
