/**
 * The one place that opens sockets to Storage. Bodies stream with back-pressure and a known length; three clocks watch
 * every request, each ending it with an error of its own. Never `fetch`: it kept whole bodies in memory.
 */
import { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import { MediaError } from '../errors.ts';
import { formatBytes, formatSeconds } from '../observability/format.ts';
import { abortedError } from '../retry/retry.ts';
import type { StorageAnswer } from './classify-answer.ts';
import { toTransportError } from './classify-transport-error.ts';

/** The clocks of one request, in milliseconds. */
export interface TransportClocks {
  /** Bounds the whole request. */
  readonly timeoutMs: number;
  /** No byte of the body was accepted, or none of the answer arrived, for this long. */
  readonly stallMs: number;
}

/** A body whose length is known before its first byte. */
export interface SizedBody {
  readonly bytes: number;
  /** Opens a new stream: a consumed one cannot be sent again. */
  readonly open: () => Readable;
}

export interface SendOptions {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: SizedBody | string;
  readonly clocks: TransportClocks;
  readonly signal?: AbortSignal | undefined;
  /** As in "Uploading project-videos/a.mp4", for messages. */
  readonly action: string;
  /** Told the bytes handed to the socket so far. */
  readonly onSent?: ((bytes: number) => void) | undefined;
}

/** An answer whose body is still to be read. */
export interface StreamedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
}

/** An error body is read up to here; the rest is of no use to anyone. */
const ANSWER_MAX_BYTES = 64 * 1024;

/**
 * How long Storage may stay silent after the last byte: it reads the whole object again to compute its digest (about
 * 4.5 s per GB measured on Storage 1.11.2, 10 s allowed) and finishes its own multipart upload.
 *
 * @returns milliseconds, at least a minute.
 */
export const answerWaitMs = (bodyBytes: number): number => Math.max(60_000, Math.ceil(bodyBytes / 1e9) * 10_000);

/** Sends requests to Storage until it is closed. */
export class Transport {
  readonly #agent = new Agent({
    connect: { timeout: 10_000 },
    keepAliveTimeout: 4_000,
    // Our own clocks know what is being waited for; undici's would call a slow digest a dead server.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  /**
   * Sends one request and reads its answer.
   *
   * @throws {MediaError} when there was no answer: `storage_unreachable`, `upload_interrupted`, `upload_stalled`,
   * `upload_timeout`, `upload_answer_timeout`, `file_changed`, or the signal's reason.
   */
  async send(options: SendOptions): Promise<StorageAnswer> {
    return this.#exchange(options, async (answer, alive) => {
      let body = '';
      for await (const chunk of answer.body) {
        alive();
        if (body.length < ANSWER_MAX_BYTES) body += String(chunk);
      }
      return { status: answer.status, headers: answer.headers, body };
    });
  }

  /**
   * Sends one request and hands its answer to `consume` while it arrives.
   *
   * @throws {MediaError} as {@link Transport.send}, and whatever `consume` throws.
   */
  async receive<T>(options: SendOptions, consume: (answer: StreamedAnswer) => Promise<T>): Promise<T> {
    return this.#exchange(options, (answer, alive) => {
      answer.body.on('data', alive);
      answer.body.pause();
      return consume(answer);
    });
  }

  async #exchange<T>(options: SendOptions, consume: (answer: StreamedAnswer, alive: () => void) => Promise<T>) {
    const { signal, clocks, action } = options;
    signal?.throwIfAborted();
    const watch = watchRequest(clocks, action, bodyBytesOf(options.body));
    const combined = signal ? AbortSignal.any([signal, watch.signal]) : watch.signal;
    try {
      const answer = await request(options.url, {
        dispatcher: this.#agent,
        method: options.method,
        headers: { ...options.headers, ...lengthHeader(options.body) },
        body: openBody(options, watch),
        signal: combined,
      });
      watch.alive();
      return await consume({ status: answer.statusCode, headers: answer.headers, body: answer.body }, watch.alive);
    } catch (error) {
      if (signal?.aborted) throw abortedError(signal);
      if (watch.signal.aborted) throw watch.signal.reason;
      throw toTransportError(error, { action, sentBytes: watch.sentBytes(), bodyBytes: bodyBytesOf(options.body) });
    } finally {
      watch.stop();
    }
  }

  /** Ends idle connections, then waits for the running requests' sockets. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

const bodyBytesOf = (body: SendOptions['body']): number =>
  body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.bytes;

const lengthHeader = (body: SendOptions['body']) =>
  typeof body === 'object' ? { 'content-length': String(body.bytes) } : {};

function openBody(options: SendOptions, watch: RequestWatch) {
  const { body } = options;
  if (body === undefined || typeof body === 'string') return body ?? null;
  const metered = meterBody(body, (bytes) => {
    watch.sent(bytes);
    options.onSent?.(bytes);
  });
  return Readable.from(metered, { objectMode: false, highWaterMark: 1 });
}

/** Yields a body's chunks as the socket asks for them, so what was yielded is what was accepted, but for one chunk. */
async function* meterBody(body: SizedBody, onBytes: (total: number) => void): AsyncGenerator<Buffer> {
  const stream = body.open();
  let total = 0;
  try {
    for await (const chunk of stream) {
      yield chunk;
      total += chunk.length;
      onBytes(total);
    }
  } finally {
    stream.destroy();
  }
}

interface RequestWatch {
  readonly signal: AbortSignal;
  readonly sent: (bytes: number) => void;
  readonly alive: () => void;
  readonly sentBytes: () => number;
  readonly stop: () => void;
}

/** The clocks of one request: a whole one, and one that every sign of life winds up again. */
function watchRequest(clocks: TransportClocks, action: string, bodyBytes: number): RequestWatch {
  const controller = new AbortController();
  let sent = 0;
  const progress = () => `after ${formatBytes(sent)} of ${formatBytes(bodyBytes)}`;
  const end = (code: 'upload_timeout' | 'upload_stalled' | 'upload_answer_timeout', what: string) => {
    const details = { sentBytes: sent, bodyBytes };
    controller.abort(new MediaError({ code, message: `${action}: ${what} ${progress()}.`, details }));
  };
  const whole = setTimeout(
    () => end('upload_timeout', `not done within ${formatSeconds(clocks.timeoutMs / 1000)}`),
    clocks.timeoutMs,
  );
  const onSilence = () =>
    bodyBytes > 0 && sent >= bodyBytes
      ? end('upload_answer_timeout', `no answer for ${formatSeconds(answerWaitMs(bodyBytes) / 1000)}`)
      : end('upload_stalled', `no byte went through for ${formatSeconds(clocks.stallMs / 1000)}`);
  let silence = setTimeout(onSilence, clocks.stallMs);
  const rewind = (ms: number) => {
    clearTimeout(silence);
    silence = setTimeout(onSilence, ms);
  };
  return {
    signal: controller.signal,
    sent: (bytes) => {
      sent = bytes;
      if (bytes >= bodyBytes) rewind(answerWaitMs(bodyBytes));
      else silence.refresh();
    },
    alive: () => rewind(clocks.stallMs),
    sentBytes: () => sent,
    stop: () => {
      clearTimeout(whole);
      clearTimeout(silence);
    },
  };
}
