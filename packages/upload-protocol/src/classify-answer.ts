/**
 * What an answer outside 2xx means. Storage masks almost every REST refusal as HTTP 400 and puts the true status into
 * the body (measured on Storage 1.11.2), so the body's `code` decides first, then its `statusCode`, then the HTTP
 * status. TUS answers with true statuses in plain text. What neither explains comes from an edge: a proxy, a gateway, a
 * load balancer.
 */
import { parseRetryAfter } from '@supabase-media/core/backoff';
import type { AnswerFault } from './faults.ts';
import { type AnswerBody, readAnswerBody } from './read-answer-body.ts';
import { TUS_HEADERS } from './tus.ts';

/** What was asked: anything over REST, or to create a TUS upload, tell its offset, append to it. */
export type Asked = 'rest' | 'create' | 'offset' | 'append';

/** One answer, whoever received it. */
export interface Answer {
  readonly status: number;
  /** By name in lower case. */
  readonly header: (name: string) => string | null | undefined;
  readonly body: string;
}

export interface AnswerContext {
  readonly asked: Asked;
  /** A browser is shown only the headers that the server exposes, so a missing one says nothing. */
  readonly hidesHeaders: boolean;
  /** Milliseconds since the epoch, for a Retry-After that is a date. */
  readonly now: number;
}

export interface ClassifiedAnswer {
  readonly fault: AnswerFault;
  readonly speaker: 'storage' | 'edge';
  /** The true one, where the body tells. */
  readonly status: number;
  readonly httpStatus: number;
  readonly storageCode: string | undefined;
  /** The server's own words, without markup; may be empty. */
  readonly message: string;
  /** Milliseconds; see `parseRetryAfter`. */
  readonly retryAfterMs: number | undefined;
}

/** Storage's own codes (its internal/errors table) that mean one thing whatever was asked. */
const BY_CODE: Readonly<Record<string, AnswerFault>> = {
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

/** The true status, for bodies whose code is not in the table and for plain text. */
const BY_STORAGE_STATUS: Readonly<Record<number, AnswerFault>> = {
  401: 'storage_unauthorized',
  403: 'storage_unauthorized',
  404: 'object_missing',
  409: 'object_exists',
  413: 'object_too_large',
  415: 'content_type_refused',
  423: 'storage_busy',
  425: 'storage_busy',
  429: 'storage_busy',
  503: 'storage_busy',
  544: 'storage_busy',
};

/**
 * HTTP statuses that no body of Storage explains. From 520 on they are Cloudflare's, which stands before hosted
 * Supabase (developers.cloudflare.com, "Cloudflare 5xx errors"): 520 and 524 come after the request went on to Storage,
 * the others instead.
 */
const BY_EDGE_STATUS: Readonly<Record<number, AnswerFault>> = {
  401: 'storage_unauthorized',
  403: 'storage_unauthorized',
  404: 'storage_unreachable',
  405: 'storage_refused',
  408: 'upload_interrupted',
  413: 'edge_too_large',
  415: 'content_type_refused',
  425: 'storage_busy',
  429: 'storage_busy',
  501: 'storage_refused',
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

/** Row-level security and a bad key share one code and status; only the message tells them apart. */
const ROW_LEVEL_SECURITY = /row-level security/i;
/** How Storage speaks of tokens that ran out or are not its own. */
const TOKEN_WORDS = /jws|jwt|signature|token|\bexp\b/i;
/** What TUS says in plain text, where REST would send a code. */
const ALREADY_EXISTS = /already exists/i;
const BUCKET_MISSING = /bucket not found/i;
const INVALID_KEY = /invalid key/i;
const MAX_SIZE = /maximum (allowed )?size/i;

export function classifyAnswer(answer: Answer, context: AnswerContext): ClassifiedAnswer {
  const said = readAnswerBody(answer.body);
  const speaker = isOfStorage(answer, said, context) ? 'storage' : 'edge';
  const status = speaker === 'storage' ? (said.status ?? answer.status) : answer.status;
  return {
    fault: speaker === 'storage' ? faultOfStorage(said, status, context.asked) : faultOfEdge(status, context.asked),
    speaker,
    status,
    httpStatus: answer.status,
    storageCode: said.form === 'storage' ? said.code : undefined,
    message: said.message,
    retryAfterMs: parseRetryAfter(answer.header('retry-after'), context.now),
  };
}

/**
 * Storage's TUS server puts `Tus-Resumable` on every answer, errors too (TUS 1.0.0; `server.ts` of @tus/server). A
 * proxy's 404 while Storage is being replaced says nothing about the upload: taken for Storage's, it would cost the
 * resume point of one that is nearly done.
 */
function isOfStorage(answer: Answer, said: AnswerBody, { asked, hidesHeaders }: AnswerContext): boolean {
  if (said.form === 'storage') return true;
  if (said.form !== 'text' || asked === 'rest') return false;
  if (answer.header(TUS_HEADERS.version)) return true;
  // Proxies answer so when Storage is away or they are asked too often: there, a hidden header is taken for a missing one.
  return hidesHeaders && answer.status < 500 && answer.status !== 429;
}

function faultOfStorage(said: AnswerBody, status: number, asked: Asked): AnswerFault {
  if (ROW_LEVEL_SECURITY.test(said.message)) return 'storage_forbidden';
  const own = BY_CODE[said.code ?? ''] ?? (asked === 'rest' ? undefined : faultOfTus(said, status, asked));
  if (own !== undefined) return own;
  if (status === 400 && TOKEN_WORDS.test(`${said.code} ${said.message}`)) return 'storage_unauthorized';
  return BY_STORAGE_STATUS[status] ?? (status >= 500 ? 'storage_failed' : 'storage_refused');
}

/** TUS answers carry true statuses; what one means depends on what was asked. */
function faultOfTus({ message }: AnswerBody, status: number, asked: Asked): AnswerFault | undefined {
  switch (status) {
    case 400:
      if (INVALID_KEY.test(message)) return 'key_refused';
      // Storage answers bad tokens so before TUS sees them, and the answer to a HEAD brings no words.
      return asked === 'offset' && message === '' ? 'storage_unauthorized' : undefined;
    case 404:
    case 410:
      if (BUCKET_MISSING.test(message)) return 'bucket_missing';
      return asked === 'create' ? undefined : 'upload_expired';
    case 409:
      return asked === 'create' || ALREADY_EXISTS.test(message) ? 'object_exists' : 'upload_conflict';
    case 413:
      return asked === 'create' || MAX_SIZE.test(message) ? 'object_too_large' : 'edge_too_large';
    case 423:
      return 'upload_locked';
    default:
      return undefined;
  }
}

function faultOfEdge(status: number, asked: Asked): AnswerFault {
  // A creation has no body that an edge could refuse.
  if (status === 413 && asked === 'create') return 'object_too_large';
  return BY_EDGE_STATUS[status] ?? 'storage_failed';
}

/** Whether a creation that was answered so means that resumable uploads are not offered at this address. */
export const isTusMissing = ({ fault, status }: { readonly fault: string; readonly status: number }): boolean =>
  fault !== 'bucket_missing' && (status === 404 || status === 405 || status === 501);
