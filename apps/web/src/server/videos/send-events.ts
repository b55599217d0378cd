/** The server-sent events of one listener. */
import type { ServerResponse } from 'node:http';
import type { User } from '../verify-token.ts';
import { formatEvent } from './describe-progress.ts';
import type { VideoWatch } from './video-watch.ts';

/** The interval of keep-alive comments, in milliseconds: proxies end idle connections. */
const HEARTBEAT_MS = 15_000;

/** The last event is read within this, in milliseconds, or the connection ends without. */
const LINGER_MS = 15_000;

/** The reconnection delay of clients, in milliseconds. */
const RETRY_MS = 3000;

export interface SendEventsOptions {
  readonly watch: VideoWatch;
  readonly user: User;
  readonly videoId: string;
  readonly response: ServerResponse;
  /** The last event that the client has seen: earlier ones are not sent again, the final one always is. */
  readonly lastEventId: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Streams until the video ends, the client disconnects, or the server stops. */
export function sendEvents(options: SendEventsOptions): Promise<void> {
  const { response, signal } = options;
  response.writeHead(200, {
    ...options.headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    // Otherwise nginx would hold back events until its buffer is full.
    'x-accel-buffering': 'no',
  });
  response.write(`retry: ${RETRY_MS}\n\n`);
  return new Promise((resolve) => {
    let leave = (): void => {};
    let isOver = false;
    let lastId = options.lastEventId ?? 0;
    const heartbeat = setInterval(() => {
      if (!response.writableNeedDrain) response.write(': still here\n\n');
    }, HEARTBEAT_MS);
    const end = () => {
      if (isOver) return;
      isOver = true;
      clearInterval(heartbeat);
      leave();
      if (!response.closed) {
        const linger = setTimeout(() => response.destroy(), LINGER_MS).unref();
        response.once('close', () => clearTimeout(linger));
      }
      response.end();
      resolve();
    };
    signal.addEventListener('abort', end, { once: true });
    response.once('close', () => {
      signal.removeEventListener('abort', end);
      end();
    });
    leave = options.watch.add(options.user, options.videoId, {
      onEvent: (event) => {
        if (isOver) return;
        // A slow client misses progress events instead of filling our memory.
        if (event.name === 'progress' && (event.id <= lastId || response.writableNeedDrain)) return;
        lastId = event.id;
        response.write(formatEvent(event));
        if (event.name === 'ended') end();
      },
      onEnd: end,
    });
    if (isOver) leave();
  });
}
