/** A request that got no answer, as an error: what it means is decided by `upload-protocol`, how it reads here. */
import { MediaError } from '@supabase-media/core/errors';
import { formatBytes } from '@supabase-media/core/format';
import { classifyTransportError } from '@supabase-media/upload-protocol/classify-transport-error';

/** How far the request had come. */
export interface TransportErrorContext {
  readonly action: string;
  readonly sentBytes: number;
  readonly bodyBytes: number;
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Wraps an error that undici, the socket or the file threw; one of ours passes through. */
export function toTransportError(error: unknown, context: TransportErrorContext): MediaError {
  if (error instanceof MediaError) return error;
  const code = codeOf(error);
  const words = error instanceof Error ? error.message || code : String(error);
  const progress =
    context.bodyBytes > 0 ? ` after ${formatBytes(context.sentBytes)} of ${formatBytes(context.bodyBytes)}` : '';
  return new MediaError({
    code: classifyTransportError(code),
    message: `${context.action}: the connection failed${progress} (${code && !words.includes(code) ? `${code}: ` : ''}${words}).`,
    details: { cause: code, sentBytes: context.sentBytes, bodyBytes: context.bodyBytes },
    cause: error,
  });
}
