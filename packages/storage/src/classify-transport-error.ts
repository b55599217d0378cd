/** What a request that got no answer means: whether Storage was never reached, or may have stored what it was sent. */
import { type ErrorCode, MediaError } from '@supabase-media/core/errors';
import { formatBytes } from '@supabase-media/core/format';

/** How far the request had come. */
export interface TransportErrorContext {
  readonly action: string;
  readonly sentBytes: number;
  readonly bodyBytes: number;
}

/** Codes of Node (errno, TLS) and undici for a connection that was never made: nothing can have been stored. */
const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** undici's words for a body that was shorter or longer than announced: the file changed under us. */
const BODY_LENGTH_CHANGED = new Set(['UND_ERR_REQ_CONTENT_LENGTH_MISMATCH']);

function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function decide(code: string): ErrorCode {
  if (NEVER_CONNECTED.has(code)) return 'storage_unreachable';
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') return 'upload_connect_timeout';
  if (BODY_LENGTH_CHANGED.has(code)) return 'file_changed';
  if (code === 'ENOENT' || code === 'EACCES' || code === 'EISDIR') return 'file_missing';
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'disk_full';
  return 'upload_interrupted';
}

/** Wraps an error that undici, the socket or the file threw; one of ours passes through. */
export function toTransportError(error: unknown, context: TransportErrorContext): MediaError {
  if (error instanceof MediaError) return error;
  const code = codeOf(error);
  const words = error instanceof Error ? error.message || code : String(error);
  const progress =
    context.bodyBytes > 0 ? ` after ${formatBytes(context.sentBytes)} of ${formatBytes(context.bodyBytes)}` : '';
  return new MediaError({
    code: decide(code),
    message: `${context.action}: the connection failed${progress} (${code && !words.includes(code) ? `${code}: ` : ''}${words}).`,
    details: { cause: code, sentBytes: context.sentBytes, bodyBytes: context.bodyBytes },
    cause: error,
  });
}
