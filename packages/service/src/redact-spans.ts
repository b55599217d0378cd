/** Takes secrets out of spans before they are sent: libraries put whole errors, with message and stack, into them. */
import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

type Redact = (text: string) => string;

/** An exporter that redacts what it is given and hands it on. */
export const redactSpans = (exporter: SpanExporter, redact: Redact): SpanExporter => ({
  export: (spans, done) =>
    exporter.export(
      spans.map((span) => redactSpan(span, redact)),
      done,
    ),
  shutdown: () => exporter.shutdown(),
  forceFlush: async () => exporter.forceFlush?.(),
});

/** The same span, with other words. The original stays as it is: its owner may still read it. */
function redactSpan(span: ReadableSpan, redact: Redact): ReadableSpan {
  const words = {
    name: redact(span.name),
    attributes: redactAttributes(span.attributes, redact),
    status: { ...span.status, ...(span.status.message !== undefined && { message: redact(span.status.message) }) },
    events: span.events.map((event) => ({
      ...event,
      name: redact(event.name),
      ...(event.attributes && { attributes: redactAttributes(event.attributes, redact) }),
    })),
  };
  return Object.create(
    span,
    Object.fromEntries(Object.entries(words).map(([name, value]) => [name, { value, enumerable: true }])),
  ) as ReadableSpan;
}

const redactAttributes = (attributes: Attributes, redact: Redact): Attributes =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, redactAttribute(value, redact)]));

function redactAttribute(value: AttributeValue | undefined, redact: Redact): AttributeValue | undefined {
  if (typeof value === 'string') return redact(value);
  if (!Array.isArray(value)) return value;
  return value.map((item) => (typeof item === 'string' ? redact(item) : item)) as AttributeValue;
}
