/** One listener's stream of server-sent events. */
import type { ServerResponse } from 'node:http';
import type { User } from '../verify-token.ts';
import { formatEvent } from './describe-progress.ts';
import type { VideoWatch } from './video-watch.ts';

/** So often something is sent even when nothing happens, in milliseconds: proxies end what is silent. */
const HEARTBEAT_MS = 15_000;

/** After how long a client should come again, in milliseconds. */
const RETRY_MS = 3000;

export interface SendEventsOptions {
  readonly watch: VideoWatch;
  readonly user: User;
  readonly videoId: string;
  readonly response: ServerResponse;
  /** What the client has seen: events up to it are not sent again, the end of the video always is. */
  readonly lastEventId: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Streams until the video ends, the client goes, or the server stops. */
export function sendEvents(options: SendEventsOptions): Promise<void> {
  const { response, signal } = options;
  response.writeHead(200, {
    ...options.headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    // nginx would otherwise keep events back until it has a buffer full.
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
        // A client that does not read keeps up by missing progress, never by our memory.
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
