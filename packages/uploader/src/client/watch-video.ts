/**
 * Follows a video: server-sent events by fetch, because EventSource sends no Authorization header. A stream that breaks
 * resumes by Last-Event-ID; where there is none (a gateway that buffers, too many listeners) the row is read instead.
 */

import { backoffDelay } from '@supabase-media/core/backoff';
import type { Video, VideoEndedEvent, VideoProgressEvent } from '../contract.ts';
import { type Connectivity, waitFor, waitUntilOnline } from './abortable-wait.ts';
import type { ApiClient } from './api-client.ts';
import { createSseParser } from './sse-parser.ts';
import { UploadError } from './upload-error.ts';
import type { VideosApi } from './videos-api.ts';

export type VideoEvent =
  | ({ readonly kind: 'progress' } & VideoProgressEvent)
  | ({ readonly kind: 'ended' } & VideoEndedEvent);

export interface WatchVideoOptions {
  readonly onEvent: (event: VideoEvent) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface WatchTools {
  readonly client: ApiClient;
  readonly videos: VideosApi;
  readonly connectivity: Connectivity;
  /** From 0 up to 1. */
  readonly random: () => number;
}

/** The server says something every 15 s; a stream that is silent for longer is dead, in milliseconds. */
const SILENCE_MS = 40_000;

/** Between two looks at the row, in milliseconds. */
const POLL_MS = 4000;

/** Streams in a row that brought nothing, before the row is read instead. */
const STREAMS_MAX = 3;

/** After so many looks at the row the stream is tried again. */
const POLLS_BEFORE_STREAM = 15;

const ENDS: ReadonlySet<Video['status']> = new Set(['ready', 'rejected', 'failed', 'canceled']);

/**
 * @returns the event that ended it.
 * @throws {UploadError} `not_found`, `signed_out`, what the API refuses; `stopped` when the signal ended it.
 */
export async function watchVideo(tools: WatchTools, videoId: string, options: WatchVideoOptions): Promise<VideoEvent> {
  const signal = options.signal ?? new AbortController().signal;
  let lastId: string | undefined;
  let failures = 0;
  const emit = (event: VideoEvent): VideoEvent | undefined => {
    options.onEvent(event);
    return event.kind === 'ended' ? event : undefined;
  };
  try {
    for (;;) {
      await waitUntilOnline({ signal, connectivity: tools.connectivity });
      try {
        for await (const { event, id } of readEvents(tools.client, { videoId, lastId, signal })) {
          lastId = id;
          failures = 0;
          const end = emit(event);
          if (end !== undefined) return end;
        }
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof UploadError && error.retryBy !== 'client') throw error;
      }
      failures++;
      if (failures >= STREAMS_MAX) {
        const end = await pollRow(tools, { videoId, signal, emit });
        if (end !== undefined) return end;
        failures = 0;
      } else {
        const wait = backoffDelay({ attempt: failures, random: tools.random() });
        await waitFor(wait, { signal, connectivity: tools.connectivity });
      }
    }
  } catch (error) {
    if (signal.aborted) throw new UploadError({ code: 'stopped', message: 'Watching was stopped.', cause: error });
    throw error;
  }
}

interface StreamOptions {
  readonly videoId: string;
  readonly lastId: string | undefined;
  readonly signal: AbortSignal;
}

async function* readEvents(client: ApiClient, options: StreamOptions) {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  const stream = AbortSignal.any([options.signal, silence.signal]);
  const response = await client.open({
    method: 'GET',
    path: `/api/videos/${encodeURIComponent(options.videoId)}/events`,
    headers: {
      accept: 'text/event-stream',
      ...(options.lastId !== undefined && { 'last-event-id': options.lastId }),
    },
    signal: stream,
    timeoutMs: STREAM_LIFE_MS,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  const parse = createSseParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      for (const { event, data, id } of parse(value)) {
        const known = readEvent(event, data);
        if (known !== undefined) yield { event: known, id };
      }
    }
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

/** A stream is reopened after so long, in milliseconds: tokens run out, and gateways end what is older. */
const STREAM_LIFE_MS = 50 * 60_000;

function readEvent(name: string, data: string): VideoEvent | undefined {
  try {
    const value = JSON.parse(data) as Record<string, unknown>;
    if (name === 'progress') return { kind: 'progress', ...(value as unknown as VideoProgressEvent) };
    if (name === 'ended') return { kind: 'ended', ...(value as unknown as VideoEndedEvent) };
  } catch {
    // A later version's event, or half of one: the next says more.
  }
  return undefined;
}

interface PollOptions {
  readonly videoId: string;
  readonly signal: AbortSignal;
  readonly emit: (event: VideoEvent) => VideoEvent | undefined;
}

/** Reads the row for a while. */
async function pollRow(tools: WatchTools, options: PollOptions): Promise<VideoEvent | undefined> {
  const { signal } = options;
  for (let polls = 0; polls < POLLS_BEFORE_STREAM; polls++) {
    await waitUntilOnline({ signal, connectivity: tools.connectivity });
    const end = options.emit(eventOfRow(await tools.videos.get(options.videoId, { signal })));
    if (end !== undefined) return end;
    await waitFor(POLL_MS, { signal, connectivity: tools.connectivity });
  }
  return undefined;
}

function eventOfRow(row: Video): VideoEvent {
  const { status, step, outcome, errorCode, errorMessage } = row;
  if (ENDS.has(status)) return { kind: 'ended', status, outcome, errorCode, errorMessage };
  return { kind: 'progress', status, step, percent: row.progress };
}
