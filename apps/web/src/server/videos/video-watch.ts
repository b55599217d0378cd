/**
 * Watches videos for listeners: each watched row is read once a second as its owner, however many listen, and only while
 * somebody does. Realtime is not needed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { toApiError } from '../api-error.ts';
import type { VideosTable } from '../database/videos.ts';
import type { MediaQueue } from '../queue.ts';
import type { User } from '../verify-token.ts';
import { describeVideo, type JobWords, type VideoEvent } from './describe-progress.ts';

/** How often a row is read, in milliseconds; workers write it about as often. */
const READ_EVERY_MS = 1000;

/** After this many failed reads in a row the listeners are disconnected; they reconnect automatically. */
const FAILURES_MAX = 5;

export interface VideoListener {
  readonly onEvent: (event: VideoEvent) => void;
  /** No more events follow: the video was deleted, the sign-in expired, or the row cannot be read. */
  readonly onEnd: () => void;
}

interface Watched {
  user: User;
  readonly listeners: Set<VideoListener>;
  readonly stopping: AbortController;
  latest: VideoEvent | undefined;
}

export interface VideoWatch {
  /** Sends the current state and each change to the listener; returns the function that stops it. */
  readonly add: (user: User, videoId: string, listener: VideoListener) => () => void;
  readonly close: () => Promise<void>;
}

export function createVideoWatch(options: {
  readonly videos: Pick<VideosTable, 'find'>;
  readonly queue: Pick<MediaQueue, 'follow'>;
}): VideoWatch {
  const watched = new Map<string, Watched>();
  const running = new Set<Promise<void>>();

  const watch = async (key: string, videoId: string, entry: Watched): Promise<void> => {
    const { signal } = entry.stopping;
    let words: JobWords = {};
    const following = options.queue.follow(videoId, (progress) => (words = progress), signal);
    let failures = 0;
    try {
      while (!signal.aborted && entry.user.expiresAt > Date.now()) {
        const row = await options.videos.find(entry.user, videoId, signal).then(
          (found) => {
            failures = 0;
            return found;
          },
          (error: unknown) => {
            failures += 1;
            if (failures >= FAILURES_MAX || toApiError(error).code === 'token_expired') throw error;
            return null;
          },
        );
        if (row === undefined) return;
        if (row !== null) {
          const event = describeVideo(row, words);
          if (event.id !== entry.latest?.id) {
            entry.latest = event;
            for (const listener of entry.listeners) listener.onEvent(event);
          }
          if (event.name === 'ended') return;
        }
        await sleep(READ_EVERY_MS, undefined, { signal });
      }
    } catch {
      // Listeners reconnect, with a new token if that was the cause.
    } finally {
      entry.stopping.abort();
      if (watched.get(key) === entry) watched.delete(key);
      for (const listener of [...entry.listeners]) listener.onEnd();
      await following;
    }
  };

  return {
    add: (user, videoId, listener) => {
      const key = `${user.id}/${videoId}`;
      let entry = watched.get(key);
      if (entry === undefined) {
        entry = { user, listeners: new Set(), stopping: new AbortController(), latest: undefined };
        watched.set(key, entry);
        const run = watch(key, videoId, entry).finally(() => running.delete(run));
        running.add(run);
      } else if (user.expiresAt > entry.user.expiresAt) entry.user = user;
      const joined = entry;
      joined.listeners.add(listener);
      if (joined.latest !== undefined) listener.onEvent(joined.latest);
      return () => {
        joined.listeners.delete(listener);
        if (joined.listeners.size > 0) return;
        joined.stopping.abort();
        if (watched.get(key) === joined) watched.delete(key);
      };
    },
    close: async () => {
      for (const entry of watched.values()) entry.stopping.abort();
      await Promise.all(running);
    },
  };
}
