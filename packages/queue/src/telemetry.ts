/** The queue's part of a trace: a job carries the one of its producer, and the worker goes on with it. */
import type { Telemetry } from 'bullmq';

/** For `telemetry` of a producer's or consumer's options, in a process that makes traces. Needs the package bullmq-otel. */
export async function openQueueTelemetry(): Promise<Telemetry> {
  const { BullMQOtel } = await import('bullmq-otel');
  return new BullMQOtel({ tracerName: 'supabase-media-queue' });
}
