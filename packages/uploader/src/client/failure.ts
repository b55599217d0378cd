/** Why one attempt at sending ended: what was asked, by which way, and what came back. Nothing is decided here. */
import { parseRetryAfter } from './backoff.ts';
import type { TransportAnswer } from './transport.ts';
import { UploadError } from './upload-error.ts';

/** What was asked when it failed. */
export type Asked = 'create' | 'offset' | 'append' | 'put';

export type Failure =
  /** Nothing came back that may be read. `sentBytes`: the size of the body that was on its way. */
  | { readonly kind: 'network' | 'timeout'; readonly asked: Asked; readonly bodyBytes: number; readonly cause: unknown }
  /** An answer that is no success. */
  | {
      readonly kind: 'answer';
      readonly asked: Asked;
      readonly bodyBytes: number;
      readonly status: number;
      readonly said: SaidBody;
      readonly retryAfterMs: number | undefined;
    }
  /** Storage names an offset below what it had acknowledged, or acknowledges nothing. */
  | { readonly kind: 'distrust'; readonly message: string }
  /** The API refused, or the file cannot be read. */
  | { readonly kind: 'refusal'; readonly error: UploadError };

/** What can be read from an answer's body, whoever wrote it. */
export interface SaidBody {
  /** The API's `error.code`, or Storage's `code`. */
  readonly code: string | undefined;
  /** The status that Storage means: REST and token errors arrive as HTTP 400 with the true one in the body. */
  readonly status: number | undefined;
  readonly message: string;
  /** The API's own form. */
  readonly isApi: boolean;
  /** A page or nothing: written by a gateway, not by Storage or the API. */
  readonly isGateway: boolean;
}

/** Carries a {@link Failure} out of an attempt. */
export class AttemptError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(`An attempt failed: ${failure.kind}.`);
    this.name = 'AttemptError';
    this.failure = failure;
  }
}

/** No longer text is kept of an answer, in characters. */
const SAID_MAX = 300;

/** Reads the three forms of errors: the API's JSON, Storage's JSON, and plain text. */
export function readSaid(body: string): SaidBody {
  const text = body.trim();
  const parsed = parseObject(text);
  if (parsed === undefined) {
    const isGateway = text === '' || text.startsWith('<');
    const message = text
      .replace(/<[^>]*>/g, ' ')
      .trim()
      .slice(0, SAID_MAX);
    return { code: undefined, status: undefined, message, isApi: false, isGateway };
  }
  const own = parsed.error;
  if (typeof own === 'object' && own !== null) {
    const { code, message } = own as Record<string, unknown>;
    return { code: textOf(code), status: undefined, message: textOf(message) ?? '', isApi: true, isGateway: false };
  }
  const status = Number(parsed.statusCode);
  return {
    code: textOf(parsed.code),
    status: Number.isInteger(status) ? status : undefined,
    message: (textOf(parsed.message) ?? textOf(own) ?? '').slice(0, SAID_MAX),
    isApi: false,
    isGateway: false,
  };
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function parseObject(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** @param now milliseconds since the epoch. */
export function failedAnswer(
  answer: TransportAnswer,
  request: { readonly asked: Asked; readonly bodyBytes: number; readonly now: number },
): Failure {
  return {
    kind: 'answer',
    asked: request.asked,
    bodyBytes: request.bodyBytes,
    status: answer.status,
    said: readSaid(answer.body),
    retryAfterMs: parseRetryAfter(answer.header('Retry-After'), request.now),
  };
}

/** What an attempt threw, as a failure. Anything unforeseen is a refusal that carries its cause. */
export function failureOf(error: unknown): Failure {
  if (error instanceof AttemptError) return error.failure;
  if (error instanceof UploadError) return { kind: 'refusal', error };
  return { kind: 'refusal', error: new UploadError({ code: 'failed', cause: error }) };
}
