/**
 * The user's videos on the page. The row is the source of truth: it is read again when the tab becomes visible, when the
 * network returns and when an event reports an end. Events only update the progress in between.
 */
import type { Uploader, VideoEvent } from '@supabase-media/uploader';
import type { Video } from '@supabase-media/uploader/contract';
import { UploadError } from '@supabase-media/uploader/errors';
import { isUnderWay } from './choose-watched.ts';
import { createFollower } from './follow-videos.ts';
import { isGone } from './is-gone.ts';
import { mergeVideos } from './merge-videos.ts';
import { removeVideo } from './remove-video.ts';
import type { VideoItem } from './video-item.ts';

export interface VideoListState {
  readonly phase: 'loading' | 'ready' | 'failed';
  /** Why the list could not be read; the earlier list is still shown. */
  readonly problem: string | undefined;
  /** Newest first. */
  readonly items: readonly VideoItem[];
  readonly hasMore: boolean;
}

export interface VideoList {
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => VideoListState;
  /** Reads and follows until the returned function is called. */
  readonly start: () => () => void;
  readonly refresh: () => Promise<void>;
  readonly loadMore: () => Promise<void>;
  /** The video with addresses that are valid for at least another minute. @throws {UploadError} */
  readonly readDetail: (id: string, options?: { readonly isFresh?: boolean }) => Promise<Video>;
  /** @throws {UploadError} */
  readonly cancel: (id: string) => Promise<void>;
  /** @throws {UploadError} */
  readonly retry: (id: string) => Promise<void>;
  /** Waits for a worker that is still processing the video. @throws {UploadError} */
  readonly remove: (id: string) => Promise<void>;
}

/** The polling interval of unfinished videos that are not followed by events, in milliseconds. */
const POLL_MS = 5000;

/** Addresses are renewed if they expire within this, in milliseconds. */
const RENEW_MS = 60_000;

/** The worker's steps after the first results are published. */
const AFTER_PUBLISHING: ReadonlySet<string> = new Set(['derive', 'upload', 'record']);

type Tools = Pick<Uploader, 'videos' | 'watchVideo'>;

export function createVideoList(uploader: Tools): VideoList {
  const listeners = new Set<() => void>();
  const details = new Map<string, Promise<Video>>();
  let state: VideoListState = { phase: 'loading', problem: undefined, items: [], hasMore: false };
  let nextBefore: string | null = null;
  let reading: Promise<void> | undefined;
  let isReadAgain = false;
  let life: AbortController | undefined;

  const publish = (changes: Partial<VideoListState>): void => {
    state = { ...state, ...changes };
    for (const listener of listeners) listener();
    follow();
  };
  const find = (id: string): VideoItem | undefined => state.items.find((item) => item.video.id === id);
  const put = (video: Video): void => publish({ items: mergeVideos(state.items, [video]) });
  const drop = (id: string): void => publish({ items: state.items.filter(({ video }) => video.id !== id) });

  const onEvent = (id: string, event: VideoEvent): void => {
    const item = find(id);
    if (item === undefined) return;
    if (event.kind === 'ended') return void settle(id);
    const { status, step, percent, etaSeconds } = event;
    // The MP4 is published before the other outputs: from then on the video can be watched.
    const mayBePublished = step !== item.video.step && AFTER_PUBLISHING.has(step ?? '');
    if (mayBePublished && item.video.outputs.length === 0) void settle(id);
    const video = { ...item.video, status, step, progress: Math.round(percent) };
    publish({ items: state.items.map((other) => (other.video.id === id ? { video, etaSeconds } : other)) });
  };
  const settle = async (id: string): Promise<void> => {
    await list.readDetail(id, { isFresh: true }).then(put, (error) => isGone(error) && drop(id));
  };

  const follower = createFollower({ uploader, onEvent: (id, event) => onEvent(id, event), onGone: (id) => drop(id) });
  const follow = (): void => {
    if (life !== undefined)
      follower.follow(
        state.items.map(({ video }) => video),
        life.signal,
      );
  };

  const read = async (): Promise<void> => {
    const signal = life?.signal;
    try {
      const page = await uploader.videos.list({ signal });
      const oldest = page.videos.at(-1)?.createdAt;
      const isWhole = page.nextBefore === null;
      // Videos that are missing from the page were deleted; older ones were loaded by the user and stay.
      const older = isWhole ? [] : state.items.filter(({ video }) => oldest !== undefined && video.createdAt < oldest);
      const known = state.items.filter(({ video }) => page.videos.some(({ id }) => id === video.id));
      if (older.length === 0) nextBefore = page.nextBefore;
      publish({
        phase: 'ready',
        problem: undefined,
        items: mergeVideos([...known, ...older], page.videos),
        hasMore: nextBefore !== null,
      });
    } catch (error) {
      if (signal?.aborted || !(error instanceof UploadError)) return;
      publish({ phase: state.items.length > 0 ? 'ready' : 'failed', problem: `${error.message} ${error.action}` });
    }
  };
  const refresh = (): Promise<void> => {
    if (reading !== undefined) {
      isReadAgain = true;
      return reading;
    }
    reading = read().finally(() => {
      reading = undefined;
      if (isReadAgain) {
        isReadAgain = false;
        void refresh();
      }
    });
    return reading;
  };

  const list: VideoList = {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => state,
    refresh,
    start: () => {
      const own = new AbortController();
      life = own;
      const wake = (): void => {
        if (document.visibilityState !== 'visible') return;
        follower.tryAgain();
        void refresh();
      };
      const timer = setInterval(() => {
        const isAnyLeft = state.items.some(({ video }) => isUnderWay(video) && !follower.isFollowed(video.id));
        if (isAnyLeft && document.visibilityState === 'visible') void refresh();
      }, POLL_MS);
      document.addEventListener('visibilitychange', wake, { signal: own.signal });
      addEventListener('online', wake, { signal: own.signal });
      addEventListener('pageshow', (event) => event.persisted && wake(), { signal: own.signal });
      void refresh();
      return () => {
        clearInterval(timer);
        own.abort();
        if (life === own) life = undefined;
      };
    },
    loadMore: async () => {
      if (nextBefore === null) return;
      const page = await uploader.videos.list({ before: nextBefore, signal: life?.signal });
      nextBefore = page.nextBefore;
      publish({ items: mergeVideos(state.items, page.videos), hasMore: nextBefore !== null });
    },
    readDetail: async (id, { isFresh = false } = {}) => {
      const known = isFresh ? undefined : await details.get(id)?.catch(() => undefined);
      if (known !== undefined && isUsable(known, find(id)?.video)) return known;
      const asked = uploader.videos.get(id);
      details.set(id, asked);
      asked.catch(() => details.get(id) === asked && details.delete(id));
      return asked;
    },
    cancel: async (id) => {
      await uploader.videos.cancel(id);
      await settle(id);
    },
    retry: async (id) => {
      await uploader.videos.retry(id);
      follower.tryAgain(id);
      await settle(id);
    },
    remove: async (id) => {
      await removeVideo(uploader.videos, id);
      details.delete(id);
      drop(id);
    },
  };
  return list;
}

/** Whether its addresses are still valid and no output was added since. */
function isUsable(detail: Video, row: Video | undefined): boolean {
  const lives = detail.urlExpiresAt === null || Date.parse(detail.urlExpiresAt) - Date.now() > RENEW_MS;
  return lives && (row === undefined || (row.outputs.length === detail.outputs.length && row.status === detail.status));
}
