/** Follows unfinished videos by events, a few at a time. */
import type { Uploader, VideoEvent } from '@supabase-media/uploader';
import type { Video } from '@supabase-media/uploader/contract';
import { chooseWatched } from './choose-watched.ts';
import { isGone } from './is-gone.ts';

export interface FollowerOptions {
  readonly uploader: Pick<Uploader, 'watchVideo'>;
  readonly onEvent: (id: string, event: VideoEvent) => void;
  /** It was deleted, possibly elsewhere. */
  readonly onGone: (id: string) => void;
}

export interface Follower {
  /** Starts and stops following as the list changes. */
  readonly follow: (videos: readonly Video[], signal: AbortSignal) => void;
  readonly isFollowed: (id: string) => boolean;
  /** Retries videos that could not be followed: one of them, or all. */
  readonly tryAgain: (id?: string) => void;
}

export function createFollower({ uploader, onEvent, onGone }: FollowerOptions): Follower {
  const running = new Map<string, AbortController>();
  /** Following these failed; they are polled instead. */
  const failed = new Set<string>();

  const watch = async (id: string, signal: AbortSignal): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      await uploader.watchVideo(id, {
        signal: AbortSignal.any([signal, controller.signal]),
        onEvent: (event) => onEvent(id, event),
      });
    } catch (error) {
      if (isGone(error)) onGone(id);
      else if (!controller.signal.aborted && !signal.aborted) failed.add(id);
    } finally {
      if (running.get(id) === controller) running.delete(id);
    }
  };

  return {
    follow: (videos, signal) => {
      if (signal.aborted) return;
      const wanted = chooseWatched(videos, failed);
      for (const [id, controller] of running) {
        if (wanted.includes(id)) continue;
        controller.abort();
        running.delete(id);
      }
      for (const id of wanted) if (!running.has(id)) void watch(id, signal);
    },
    isFollowed: (id) => running.has(id),
    tryAgain: (id) => {
      if (id === undefined) failed.clear();
      else failed.delete(id);
    },
  };
}
