/**
 * Passes one request on to Storage while it streams: a chunk is read from the client when Storage has taken the one
 * before it, so that nothing piles up. Either side's end is the other's.
 */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { formatBytes, formatSeconds } from '@supabase-media/core/format';
import { answerWaitMs } from '@supabase-media/storage/transport';
import { type Dispatcher, request } from 'undici';
import { ApiError } from '../api-error.ts';
import { createMinimumRate } from './minimum-rate.ts';
import type { RelayMethod, RelayRequest } from './relay-request.ts';

export interface ExchangeOptions {
  readonly dispatcher: Dispatcher;
  readonly method: RelayMethod;
  readonly url: string;
  readonly request: RelayRequest;
  readonly incoming: IncomingMessage;
  /** Of the whole file in bytes: when the last byte is in, Storage finishes all of it in silence. */
  readonly fileBytes: number;
  readonly stallMs: number;
  /** On average over `stallMs` of waiting for the client; 0: any. */
  readonly minBytesPerSecond: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Told the size of each piece that Storage's connection took. */
  readonly onPassed: (bytes: number) => void;
}

export interface RelayAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Storage's words, cut short. */
  readonly text: string;
  /** Of the client's body, in bytes. */
  readonly passedBytes: number;
}

const TEXT_MAX = 2000;

/** A slow client is found within this part of a window after its end. */
const JUDGED_PER_WINDOW = 20;

/** The least silence after the last byte that is waited out, in milliseconds. */
const ANSWER_MS = 60_000;

/**
 * @throws {ApiError} `storage_unavailable` when Storage cannot be reached, stalls, or breaks off; `relay_refused` for a
 * body longer than the file has room for; `relay_too_slow` for a client that sends less than the minimum.
 */
export async function exchange(options: ExchangeOptions): Promise<RelayAnswer> {
  const { incoming, fileBytes } = options;
  const ended = new AbortController();
  const fail = (what: string) => ended.abort(unavailable(`${what} after ${formatBytes(passedBytes)}.`));
  let passedBytes = 0;
  const onSilence = () => fail(`No byte moved for ${formatSeconds(options.stallMs / 1000)}`);
  let silence = setTimeout(onSilence, options.stallMs);
  const whole = setTimeout(
    () => fail(`The request took longer than ${formatSeconds(options.timeoutMs / 1000)}`),
    options.timeoutMs,
  );
  const rate = createMinimumRate({ bytesPerSecond: options.minBytesPerSecond, windowMs: options.stallMs });
  const judgeRate = (): void => {
    const slow = rate.tooSlow(performance.now());
    if (slow !== undefined) ended.abort(tooSlow(slow, options.minBytesPerSecond));
  };
  // A client that sends nothing more while it is waited for is judged, too.
  const judging = setInterval(judgeRate, Math.max(100, options.stallMs / JUDGED_PER_WINDOW));
  const onClientGone = () => {
    // With the whole body passed on, Storage may finish: the client's next request finds it done.
    if (!incoming.complete) ended.abort(new Error('The client is gone.'));
  };
  incoming.socket.once('close', onClientGone);

  async function* body(): AsyncGenerator<Buffer> {
    // Not destroyed with the iteration: the client still gets its answer on this connection.
    rate.waits(performance.now());
    for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      rate.came(chunk.length, performance.now());
      if (passedBytes + chunk.length > options.request.maxBytes)
        throw new ApiError({
          code: 'relay_refused',
          message: `The body is longer than ${options.request.maxBytes} bytes, which is all the file has left.`,
        });
      yield chunk;
      passedBytes += chunk.length;
      options.onPassed(chunk.length);
      silence.refresh();
      rate.waits(performance.now());
    }
    clearInterval(judging);
    clearTimeout(silence);
    silence = setTimeout(onSilence, Math.max(options.stallMs, answerWaitMs(fileBytes, ANSWER_MS)));
  }

  try {
    const answer = await request(options.url, {
      dispatcher: options.dispatcher,
      method: options.method,
      headers: options.request.headers,
      body: options.request.maxBytes > 0 ? (body() as unknown as Readable) : null,
      signal: AbortSignal.any([options.signal, ended.signal]),
    });
    let text = '';
    for await (const chunk of answer.body) if (text.length < TEXT_MAX) text += String(chunk);
    return { status: answer.statusCode, headers: answer.headers, text: text.slice(0, TEXT_MAX), passedBytes };
  } catch (error) {
    if (error instanceof ApiError) throw error;
    if (ended.signal.reason instanceof ApiError) throw ended.signal.reason;
    throw unavailable(`The connection to Storage broke after ${formatBytes(passedBytes)}.`, error);
  } finally {
    clearInterval(judging);
    clearTimeout(silence);
    clearTimeout(whole);
    incoming.socket.off('close', onClientGone);
  }
}

const tooSlow = (sent: { readonly bytes: number; readonly ms: number }, minimum: number): ApiError =>
  new ApiError({
    code: 'relay_too_slow',
    message: `${formatBytes(sent.bytes)} came in ${formatSeconds(sent.ms / 1000)}; at least ${formatBytes(minimum)} a second are needed.`,
    details: { bytes: sent.bytes, seconds: Math.round(sent.ms / 1000), minBytesPerSecond: minimum },
    retryAfterSeconds: 2,
  });

const unavailable = (message: string, cause?: unknown): ApiError =>
  new ApiError({ code: 'storage_unavailable', message, retryAfterSeconds: 2, cause });
