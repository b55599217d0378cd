/**
 * The one place that opens sockets to Storage. Bodies stream with back-pressure and a known length; three timeouts
 * watch every request, each ending it with an error of its own. Never `fetch`: it kept whole bodies in memory.
 */
import type { Readable } from 'node:stream';
import { MediaError } from '@supabase-media/core/errors';
import { formatBytes, formatSeconds } from '@supabase-media/core/format';
import { abortedError } from '@supabase-media/core/retry';
import { Agent, request } from 'undici';
import type { StorageAnswer } from './answer-error.ts';
import { readAnswer } from './read-answer.ts';
import { toTransportError } from './transport-error.ts';

/** The timeouts of one request, in milliseconds. */
export interface TransportTimeouts {
  /** Bounds the whole request. */
  readonly timeoutMs: number;
  /** No byte of the body was accepted, or none of the answer arrived, for this long. */
  readonly stallMs: number;
  /** The least silence after the last byte that is waited out; see {@link answerWaitMs}. */
  readonly answerMs: number;
}

/** A body whose length is known before its first byte. */
export interface SizedBody {
  readonly bytes: number;
  /** Starts at the first byte each time: a consumed stream cannot be sent again. A chunk is valid until the next is asked for. */
  readonly open: () => AsyncIterable<Uint8Array>;
}

export interface SendOptions {
  readonly method: 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: SizedBody | string;
  readonly timeouts: TransportTimeouts;
  readonly signal?: AbortSignal | undefined;
  /** As in "Uploading project-videos/a.mp4", for messages. */
  readonly action: string;
  /** The size of what Storage has to finish when the body is in, where that is more than the body; in bytes. */
  readonly finishBytes?: number | undefined;
  /** Told the bytes handed to the socket so far. */
  readonly onSent?: ((bytes: number) => void) | undefined;
}

/** An answer whose body is still to be read. */
export interface StreamedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
}

/** 10 s for each GB: measured 4.5 s on Storage 1.11.2 with its file backend. */
const ANSWER_MS_PER_GB = 10_000;

/**
 * How long Storage may stay silent after the last byte: it reads the whole object again to compute its digest, and
 * finishes its own multipart upload.
 *
 * @param leastMs what is waited whatever the size.
 * @returns milliseconds.
 */
export const answerWaitMs = (objectBytes: number, leastMs: number): number =>
  Math.max(leastMs, Math.ceil((objectBytes / 1e9) * ANSWER_MS_PER_GB));

/** Sends requests to Storage until it is closed. */
export class Transport {
  readonly #agent: Agent;

  /** @param connectMs a connection that is not made within this many milliseconds fails. */
  constructor(connectMs: number) {
    this.#agent = new Agent({
      connect: { timeout: connectMs },
      keepAliveTimeout: 4_000,
      // Our own timeouts know what is being waited for; undici's would take a slow digest for a dead server.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /**
   * Sends one request and reads its answer, of 2xx up to 1 MiB.
   *
   * @throws {MediaError} as {@link readAnswer}, and when there was no answer: `storage_unreachable`, `upload_interrupted`, `upload_stalled`,
   * `upload_timeout`, `upload_answer_timeout`, `file_changed`, or the signal's reason.
   */
  async send(options: SendOptions): Promise<StorageAnswer> {
    return this.#exchange(options, (answer, alive) =>
      readAnswer({ ...answer, action: options.action, onPiece: alive }),
    );
  }

  /**
   * Sends one request and hands its answer to `consume` while it arrives.
   *
   * @throws {MediaError} as {@link Transport.send}, and whatever `consume` throws.
   */
  async receive<T>(options: SendOptions, consume: (answer: StreamedAnswer) => Promise<T>): Promise<T> {
    return this.#exchange(options, async ({ body, ...answer }, alive) => {
      body.on('data', alive).pause();
      // Of an answer that is let go, destroy says once more that it did not end.
      body.on('error', () => {});
      try {
        return await consume({ body, ...answer });
      } finally {
        // Read to its end it is closed already; left half read, it would hold its socket for as long as we live.
        body.destroy();
      }
    });
  }

  async #exchange<T>(options: SendOptions, consume: (answer: StreamedAnswer, alive: () => void) => Promise<T>) {
    const { signal, timeouts, action } = options;
    signal?.throwIfAborted();
    const bodyBytes = bodyBytesOf(options.body);
    const answerMs = answerWaitMs(Math.max(bodyBytes, options.finishBytes ?? 0), timeouts.answerMs);
    const watch = watchRequest({ timeouts, action, bodyBytes, answerMs });
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
      throw toTransportError(error, { action, sentBytes: watch.sentBytes(), bodyBytes });
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

/** undici takes any iterable as a body and pulls the next chunk once the socket took the last; its types do not say so. */
function openBody(options: SendOptions, watch: RequestWatch): string | Readable | null {
  const { body } = options;
  if (body === undefined || typeof body === 'string') return body ?? null;
  // An empty body has no bytes to pull; an iterable would be sent as one of unknown length.
  if (body.bytes === 0) return '';
  const metered = meterBody(body, (bytes) => {
    watch.sent(bytes);
    options.onSent?.(bytes);
  });
  return metered as unknown as Readable;
}

/** Counts a chunk when the next one is asked for: by then the socket has taken it. */
async function* meterBody(body: SizedBody, onBytes: (total: number) => void): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const chunk of body.open()) {
    const { length } = chunk;
    yield chunk;
    total += length;
    onBytes(total);
  }
}

interface RequestWatch {
  readonly signal: AbortSignal;
  readonly sent: (bytes: number) => void;
  readonly alive: () => void;
  readonly sentBytes: () => number;
  readonly stop: () => void;
}

/** The timeouts of one request: one for the whole, and one that is reset on activity. */
function watchRequest(options: {
  readonly timeouts: TransportTimeouts;
  readonly action: string;
  readonly bodyBytes: number;
  readonly answerMs: number;
}): RequestWatch {
  const { timeouts, action, bodyBytes, answerMs } = options;
  const controller = new AbortController();
  let sent = 0;
  const end = (code: 'upload_timeout' | 'upload_stalled' | 'upload_answer_timeout', what: string) => {
    const progress = bodyBytes > 0 ? ` after ${formatBytes(sent)} of ${formatBytes(bodyBytes)}` : '';
    const details = { sentBytes: sent, bodyBytes };
    controller.abort(new MediaError({ code, message: `${action}: ${what}${progress}.`, details }));
  };
  const isAllSent = () => bodyBytes > 0 && sent >= bodyBytes;
  const onSilence = () =>
    isAllSent()
      ? end('upload_answer_timeout', `no answer for ${formatSeconds(answerMs / 1000)}`)
      : end('upload_stalled', `no byte went through for ${formatSeconds(timeouts.stallMs / 1000)}`);
  const whole = setTimeout(
    () => end('upload_timeout', `not done within ${formatSeconds(timeouts.timeoutMs / 1000)}`),
    timeouts.timeoutMs,
  );
  let silence = setTimeout(onSilence, timeouts.stallMs);
  const rewind = (ms: number) => {
    clearTimeout(silence);
    silence = setTimeout(onSilence, ms);
  };
  return {
    signal: controller.signal,
    sent: (bytes) => {
      sent = bytes;
      if (isAllSent()) rewind(answerMs);
      else silence.refresh();
    },
    alive: () => rewind(timeouts.stallMs),
    sentBytes: () => sent,
    stop: () => {
      clearTimeout(whole);
      clearTimeout(silence);
    },
  };
}
