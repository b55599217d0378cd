/**
 * Creates a span for every request of undici, which carries uploads, downloads and Node's fetch, from the events of its
 * diagnostics channel. The instrumentation package for undici requires Node 22.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

interface TracedRequest {
  readonly origin?: unknown;
  readonly path: string;
  readonly method: string;
  readonly addHeader?: (name: string, value: string) => unknown;
}

interface RequestEvent {
  readonly request: TracedRequest;
  readonly response?: { readonly statusCode: number };
  readonly error?: unknown;
}

/** Drops the query, because that of a signed address is a credential. */
const pathOf = (path: string): string => path.split('?')[0] ?? '';

/** Starts tracing requests; returns the function that stops it. Requests outside a trace get no span. */
export function traceRequests(): () => void {
  const tracer = trace.getTracer('supabase-media-http');
  const spans = new WeakMap<TracedRequest, Span>();

  const onCreate = ({ request }: RequestEvent): void => {
    const active = context.active();
    if (trace.getSpan(active) === undefined) return;
    const origin = String(request.origin ?? '');
    const { hostname = '', port = '' } = URL.canParse(origin) ? new URL(origin) : {};
    const span = tracer.startSpan(
      request.method,
      {
        kind: SpanKind.CLIENT,
        attributes: {
          'http.request.method': request.method,
          'server.address': hostname,
          ...(port !== '' && { 'server.port': Number(port) }),
          'url.path': pathOf(request.path),
        },
      },
      active,
    );
    spans.set(request, span);
    const headers: Record<string, string> = {};
    propagation.inject(trace.setSpan(active, span), headers);
    for (const [name, value] of Object.entries(headers)) request.addHeader?.(name, value);
  };
  const onHeaders = ({ request, response }: RequestEvent): void => {
    const span = spans.get(request);
    if (span === undefined || response === undefined) return;
    span.setAttribute('http.response.status_code', response.statusCode);
    if (response.statusCode >= 400) span.setStatus({ code: SpanStatusCode.ERROR });
  };
  const onTrailers = ({ request }: RequestEvent): void => spans.get(request)?.end();
  const onError = ({ request, error }: RequestEvent): void => {
    const span = spans.get(request);
    span?.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
    span?.end();
  };

  const listeners = [
    ['undici:request:create', onCreate],
    ['undici:request:headers', onHeaders],
    ['undici:request:trailers', onTrailers],
    ['undici:request:error', onError],
  ] as const;
  const pairs = listeners.map(
    ([name, listen]) => [name, (message: unknown) => listen(message as RequestEvent)] as const,
  );
  for (const [name, listen] of pairs) subscribe(name, listen);
  return () => {
    for (const [name, listen] of pairs) unsubscribe(name, listen);
  };
}
