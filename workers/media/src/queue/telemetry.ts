/** The queue's part of a trace: a job carries the one of its producer, and the worker goes on with it. */
import type { Telemetry } from 'bullmq';
import { isTracing } from '../observability/tracing.ts';

/** For the options of a queue or worker; nothing where no traces are made. */
export async function queueTelemetry(): Promise<{ readonly telemetry?: Telemetry }> {
  if (!isTracing()) return {};
  const { BullMQOtel } = await import('bullmq-otel');
  return { telemetry: new BullMQOtel({ tracerName: 'supabase-media-queue' }) };
}
