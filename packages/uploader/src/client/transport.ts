/** One HTTP request with a body that streams from a file. Who sends it is pluggable: XMLHttpRequest, or Node. */

export interface TransportRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent with its length announced; read piece by piece, never whole. */
  readonly body?: Blob | undefined;
  /** Told how many bytes of the body have been sent. */
  readonly onSent?: ((bytes: number) => void) | undefined;
  readonly signal: AbortSignal;
}

export interface TransportAnswer {
  readonly status: number;
  /** null: there is none, or the browser may not read it. */
  readonly header: (name: string) => string | null;
  /** The text, or the beginning of it. */
  readonly body: string;
}

/**
 * Sends one request.
 *
 * @throws {TransportError} `network` when no answer came, `unreadable` when the body could not be read; the signal's
 * reason when it ended the request.
 */
export type Transport = (request: TransportRequest) => Promise<TransportAnswer>;

/**
 * No answer: broken, refused, blocked by the browser (`network`), or silent for too long (`timeout`). Or the file was
 * changed, moved or unplugged (`unreadable`).
 */
export class TransportError extends Error {
  readonly kind: 'network' | 'timeout' | 'unreadable';

  constructor(kind: 'network' | 'timeout' | 'unreadable', message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TransportError';
    this.kind = kind;
  }
}

/** How long silence is waited out, in milliseconds. */
export interface TransportTimeouts {
  /** No byte of the body was taken. */
  readonly stallMs: number;
  /** All was sent and no answer comes. */
  readonly answerMs: number;
}

/** For requests without a body. */
export const METADATA_TIMEOUTS: TransportTimeouts = { stallMs: 30_000, answerMs: 30_000 };

/** Storage reads a finished object again before it answers: about 5 s a GB measured on 1.11.2, twice that allowed. */
const ANSWER_MS_PER_GB = 10_000;

/** For the request that brings the last byte of a file of `fileBytes`: Storage then finishes all of it. */
export const lastPartTimeouts = (fileBytes: number, stallMs: number): TransportTimeouts => ({
  stallMs,
  answerMs: Math.max(stallMs, 60_000) + Math.ceil((fileBytes / 1e9) * ANSWER_MS_PER_GB),
});

/** Buffers on the path count as sent and may hold 4 MB: at 40 KB/s they are empty after 100 s. */
const BUFFERED_STALLS = 2.5;

/** For the other parts, after which Storage answers at once. */
export const partTimeouts = (stallMs: number): TransportTimeouts => ({ stallMs, answerMs: stallMs * BUFFERED_STALLS });

/**
 * Sends with a watch on silence; there is no limit on the whole, since any file may be large and any network slow.
 *
 * @throws {TransportError} `timeout`, and what the transport throws.
 */
export async function sendWithTimeouts(
  transport: Transport,
  request: TransportRequest,
  timeouts: TransportTimeouts,
): Promise<TransportAnswer> {
  const watch = new AbortController();
  const bytes = request.body?.size ?? 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const arm = (sent: number): void => {
    clearTimeout(timer);
    const ms = sent >= bytes ? timeouts.answerMs : timeouts.stallMs;
    const said = sent >= bytes ? 'No answer came' : `Only ${sent} of ${bytes} bytes went out, and then none`;
    timer = setTimeout(() => watch.abort(new TransportError('timeout', `${said} for ${ms / 1000} s.`)), ms);
  };
  arm(0);
  try {
    return await transport({
      ...request,
      signal: AbortSignal.any([request.signal, watch.signal]),
      onSent: (sent) => {
        // A last piece may still be told of after the end.
        if (request.signal.aborted) return;
        arm(sent);
        request.onSent?.(sent);
      },
    });
  } finally {
    clearTimeout(timer);
  }
}
