/**
 * What an answer of Storage means. Storage masks almost every refusal as HTTP 400 and puts the true status into the
 * body (measured on Storage 1.11.2), so the body's `code` decides first, then its `statusCode`, then the HTTP status.
 * An answer that no Storage body explains comes from an edge: a proxy, a gateway, a load balancer.
 */

import { parseRetryAfter } from '@supabase-media/core/backoff';
import { type ErrorCode, MediaError } from '@supabase-media/core/errors';

/** One answer, its body already read (bounded). */
export interface StorageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What was asked, for the message. */
export interface AnswerContext {
  /** As in "Uploading project-videos/a.mp4". */
  readonly action: string;
  /** Milliseconds since the epoch, for a Retry-After that is a date. */
  readonly now: number;
}

/** Storage's own codes (its internal/errors table) that mean one thing whatever was asked. */
const BY_CODE: Readonly<Record<string, ErrorCode>> = {
  NoSuchBucket: 'bucket_missing',
  NoSuchKey: 'object_missing',
  KeyAlreadyExists: 'object_exists',
  ResourceAlreadyExists: 'object_exists',
  EntityTooLarge: 'object_too_large',
  InvalidMimeType: 'content_type_refused',
  InvalidKey: 'key_refused',
  InvalidJWT: 'storage_unauthorized',
  ExpiredToken: 'storage_unauthorized',
  InvalidSignature: 'storage_unauthorized',
  ResourceLocked: 'storage_busy',
  LockTimeout: 'storage_busy',
  SlowDown: 'storage_busy',
  DatabaseTimeout: 'storage_busy',
};

/** The true status, for bodies whose code is not in the table and for TUS, which answers with real ones. */
const BY_STORAGE_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'storage_unauthorized',
  403: 'storage_unauthorized',
  404: 'object_missing',
  409: 'object_exists',
  413: 'object_too_large',
  415: 'content_type_refused',
  423: 'storage_busy',
  429: 'storage_busy',
  503: 'storage_busy',
  544: 'storage_busy',
};

/**
 * HTTP statuses that no Storage body explains. From 520 on they are Cloudflare's, which stands before hosted Supabase
 * (developers.cloudflare.com, "Cloudflare 5xx errors"): 520 and 524 come after the request went on to Storage, the
 * others instead.
 */
const BY_EDGE_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'storage_unauthorized',
  403: 'storage_unauthorized',
  404: 'storage_unreachable',
  408: 'upload_interrupted',
  413: 'edge_too_large',
  429: 'storage_busy',
  502: 'gateway_failed',
  503: 'storage_busy',
  504: 'gateway_failed',
  520: 'gateway_failed',
  521: 'storage_unreachable',
  522: 'storage_unreachable',
  523: 'storage_unreachable',
  524: 'gateway_failed',
  525: 'storage_unreachable',
  526: 'storage_unreachable',
  527: 'storage_unreachable',
  530: 'storage_unreachable',
};

interface StorageBody {
  readonly code?: unknown;
  readonly statusCode?: unknown;
  readonly error?: unknown;
  readonly message?: unknown;
}

function parseBody(body: string): StorageBody | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a body has Storage's shape: a gateway's own JSON has neither of the two. */
const isStorageBody = (body: StorageBody | undefined): boolean =>
  typeof body?.code === 'string' || Number.isInteger(Number(body?.statusCode ?? Number.NaN));

/**
 * Whether Storage itself gave an answer to a TUS request. Its TUS server puts `Tus-Resumable` on every answer, errors
 * too (TUS 1.0.0; `server.ts` of @tus/server); what Storage refuses before that, such as a key, is JSON as on REST.
 */
export const isTusAnswer = (answer: StorageAnswer): boolean =>
  answer.headers['tus-resumable'] !== undefined || isStorageBody(parseBody(answer.body));

/** Row-level security and a bad key share one code and status; only the message tells them apart. */
const isRowLevelSecurity = (message: string): boolean => /row-level security/i.test(message);

const firstLine = (text: string): string =>
  text
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 200);

function headerOf(answer: StorageAnswer, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The error that an answer outside 2xx stands for. */
export function classifyAnswer(answer: StorageAnswer, context: AnswerContext): MediaError {
  const body = parseBody(answer.body);
  const storageStatus = Number(body?.statusCode);
  const storageCode = typeof body?.code === 'string' ? body.code : undefined;
  const isStorage = isStorageBody(body);
  const said = typeof body?.message === 'string' ? body.message : firstLine(answer.body);

  const decide = (): ErrorCode => {
    if (!isStorage) return BY_EDGE_STATUS[answer.status] ?? 'storage_failed';
    if (isRowLevelSecurity(said)) return 'storage_forbidden';
    return (
      BY_CODE[storageCode ?? ''] ??
      BY_STORAGE_STATUS[Number.isInteger(storageStatus) ? storageStatus : answer.status] ??
      (answer.status >= 500 ? 'storage_failed' : 'storage_refused')
    );
  };
  const status = isStorage && Number.isInteger(storageStatus) ? storageStatus : answer.status;
  const speaker = isStorage ? 'Storage' : 'A proxy or gateway in front of Storage';
  return new MediaError({
    code: decide(),
    message: `${context.action}: ${speaker} answered ${status}${said ? `, "${said}"` : ' without a word'}.`,
    details: {
      httpStatus: answer.status,
      storageCode,
      retryAfterMs: parseRetryAfter(headerOf(answer, 'retry-after'), context.now),
    },
  });
}
