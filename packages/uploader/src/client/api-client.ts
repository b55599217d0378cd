/** Requests to the API in JSON: the user's token, a timeout, retries where they can help. */

import { backoffDelay, parseRetryAfter } from '@supabase-media/core/backoff';
import type { ErrorBody } from '../contract.ts';
import { type Connectivity, waitFor, waitUntilOnline } from './abortable-wait.ts';
import { errorOfApi } from './api-errors.ts';
import { UploadError } from './upload-error.ts';

export interface ApiClientOptions {
  /** Without `/api` and without a slash at the end. */
  readonly apiUrl: string;
  /** As `UploaderOptions.getToken`: empty where nobody is signed in, and it throws where it cannot tell now. */
  readonly getToken: (options: { readonly refresh: boolean }) => string | Promise<string>;
  readonly fetch: typeof globalThis.fetch;
  readonly connectivity: Connectivity;
  /** From 0 up to 1. */
  readonly random: () => number;
}

export interface RetryOptions {
  readonly signal?: AbortSignal | undefined;
  /** How often a failure that may pass is retried; 4 unless given. */
  readonly retries?: number | undefined;
}

export interface ApiRequest extends RetryOptions {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Begins with `/api/`. */
  readonly path: string;
  readonly body?: unknown;
  /** How long an answer is waited for, in milliseconds; 30 s unless given. */
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Anyone may ask: no token is sent. */
  readonly isPublic?: boolean;
}

export interface ApiClient {
  readonly apiUrl: string;
  /**
   * The answer's JSON.
   *
   * @throws {UploadError} what the API refused; `offline`, `timed_out`; `signed_out`; `stopped` when the signal ended it.
   */
  readonly request: <T>(request: ApiRequest) => Promise<T>;
  /** As {@link request}, once, with the answer's body left to be read. */
  readonly open: (request: ApiRequest) => Promise<Response>;
  /**
   * Sends a request while the page goes away: at once, by the last token that was used, and nobody hears the answer. Does
   * nothing where no token was used yet.
   */
  readonly sendOnLeave: (request: Pick<ApiRequest, 'method' | 'path'>) => void;
  /** The header that says who asks. @throws {UploadError} `signed_out`; `offline` when the app could not tell. */
  readonly authorization: (options: { readonly refresh: boolean }) => Promise<string>;
  /** Retries while the failure may pass. @throws {UploadError} as {@link request}. */
  readonly withRetries: <T>(work: () => Promise<T>, retry?: RetryOptions) => Promise<T>;
}

const TIMEOUT_MS = 30_000;
const RETRIES = 4;

export function openApiClient(options: ApiClientOptions): ApiClient {
  let lastAuthorization: string | undefined;
  const authorization = async ({ refresh }: { readonly refresh: boolean }): Promise<string> => {
    let token: string;
    try {
      token = await options.getToken({ refresh });
    } catch (cause) {
      // The sign-in could not be renewed, in a tunnel say. Whoever is signed out has no token.
      throw new UploadError({ code: 'offline', cause });
    }
    lastAuthorization = token ? `Bearer ${token}` : undefined;
    if (lastAuthorization !== undefined) return lastAuthorization;
    throw new UploadError({ code: 'signed_out' });
  };

  /** Once; a token that has run out is replaced once. */
  const open = async (request: ApiRequest, refresh = false): Promise<Response> => {
    const response = await send(options, request, request.isPublic ? undefined : await authorization({ refresh }));
    if (response.ok) return response;
    const error = await refusalOf(response);
    if (error.code === 'signed_out' && !refresh && !request.isPublic) return open(request, true);
    throw error;
  };

  const withRetries = async <T>(work: () => Promise<T>, retry: RetryOptions = {}): Promise<T> => {
    const signal = retry.signal ?? new AbortController().signal;
    for (let failures = 1; ; failures++) {
      try {
        return await work();
      } catch (error) {
        const known = knownError(error, signal);
        if (known.retryBy !== 'client' || failures > (retry.retries ?? RETRIES)) throw known;
        const ms = backoffDelay({ attempt: failures, random: options.random(), retryAfterMs: known.retryAfterMs });
        const wait = { signal, connectivity: options.connectivity };
        await waitFor(ms, wait).then(
          () => waitUntilOnline(wait),
          () => {
            throw new UploadError({ code: 'stopped', cause: signal.reason });
          },
        );
      }
    }
  };

  const request = <T>(asked: ApiRequest): Promise<T> =>
    withRetries(async () => {
      const response = await open(asked);
      return (response.status === 204 ? undefined : await response.json()) as T;
    }, asked);
  const sendOnLeave = ({ method, path }: Pick<ApiRequest, 'method' | 'path'>): void => {
    if (lastAuthorization === undefined) return;
    const headers = { accept: 'application/json', authorization: lastAuthorization };
    options.fetch(`${options.apiUrl}${path}`, { method, headers, keepalive: true }).catch(() => {});
  };
  return { apiUrl: options.apiUrl, request, open: (asked) => open(asked), sendOnLeave, authorization, withRetries };
}

/** Node 20 forgets an `AbortSignal.timeout` that only `AbortSignal.any` knows of when it collects garbage. */
function startLimit(limitMs: number): AbortSignal {
  const over = new AbortController();
  const timer: unknown = setTimeout(() => over.abort(new DOMException('No answer in time.', 'TimeoutError')), limitMs);
  // In Node a timer keeps the process; in a browser it is a number.
  (timer as { unref?: () => void }).unref?.();
  return over.signal;
}

async function send(
  options: ApiClientOptions,
  request: ApiRequest,
  authorization: string | undefined,
): Promise<Response> {
  const limit = startLimit(request.timeoutMs ?? TIMEOUT_MS);
  const body = request.body === undefined ? null : JSON.stringify(request.body);
  return options.fetch(`${options.apiUrl}${request.path}`, {
    method: request.method,
    headers: {
      accept: 'application/json',
      ...(body !== null && { 'content-type': 'application/json' }),
      ...request.headers,
      ...(authorization !== undefined && { authorization }),
    },
    body,
    signal: request.signal === undefined ? limit : AbortSignal.any([request.signal, limit]),
  });
}

/** What `fetch` threw, in our words. */
function knownError(error: unknown, signal: AbortSignal): UploadError {
  if (signal.aborted) return new UploadError({ code: 'stopped', cause: signal.reason });
  if (error instanceof UploadError) return error;
  const isTimeout = error instanceof Error && error.name === 'TimeoutError';
  // SyntaxError: a page where JSON was expected, so a gateway spoke; it may pass.
  const isPage = error instanceof SyntaxError;
  return new UploadError({ code: isTimeout ? 'timed_out' : isPage ? 'server_busy' : 'offline', cause: error });
}

async function refusalOf(response: Response): Promise<UploadError> {
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), Date.now());
  const body = (await response.json().catch(() => undefined)) as Partial<ErrorBody> | undefined;
  if (body?.error !== undefined) return errorOfApi({ ...body.error, retryAfterMs });
  const message = `The server answered ${response.status}.`;
  const mayPass = response.status >= 500 || response.status === 408 || response.status === 429;
  return new UploadError({ code: mayPass ? 'server_busy' : 'failed', message, retryAfterMs });
}
