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
import type { RememberedDeletions } from './remembered-deletions.ts';
import { removeVideo } from './remove-video.ts';
import type { VideoItem } from './video-item.ts';
import { wordsOf } from './words-of.ts';

export interface VideoListState {
  readonly phase: 'loading' | 'ready';
  /** Why the list could not be read; the earlier list is still shown, and it is tried again. */
  readonly problem: string | undefined;
  /** Newest first. */
  readonly items: readonly VideoItem[];
  readonly hasMore: boolean;
  /** Videos that are gone, or deleted as far as can still be undone: not in `items`. */
  readonly hidden: ReadonlySet<string>;
}

export interface VideoList {
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => VideoListState;
  /** Reads and follows until the returned function is called. */
  readonly start: () => () => void;
  readonly refresh: () => Promise<void>;
  readonly loadMore: () => Promise<void>;
  /** Reads the older ones too, {@link ALL_PAGES} pages of them at most. */
  readonly loadAll: () => Promise<void>;
  /** The video with addresses that are valid for at least another minute. @throws {UploadError} */
  readonly readDetail: (id: string, options?: { readonly isFresh?: boolean }) => Promise<Video>;
  /** @throws {UploadError} */
  readonly cancel: (id: string) => Promise<void>;
  /** @throws {UploadError} */
  readonly retry: (id: string) => Promise<void>;
  /** @throws {UploadError} */
  readonly rename: (id: string, title: string | null) => Promise<void>;
  /** Hides a video that is to be deleted; `putBack` shows it again. */
  readonly setAside: (id: string) => void;
  readonly putBack: (id: string) => void;
  /** Deletes it, and waits for a worker that still has it. One that cannot be deleted comes back, with the reason. */
  readonly remove: (id: string) => Promise<void>;
  /** As `remove`, while the page is left. */
  readonly removeOnLeave: (id: string) => void;
}

/** The polling interval of unfinished videos that are not followed by events, in milliseconds. */
const POLL_MS = 5000;

/** What was said about the time left and not said again is not true any more after so long, in milliseconds. */
const ETA_LIFE_MS = 15_000;

/** Addresses are renewed if they expire within this, in milliseconds. */
const RENEW_MS = 60_000;

/** A list that could not be read is read again after so long, in milliseconds. */
const RETRY_MS = 3000;

/** Whoever has more than two thousand videos finds the newest of them here. */
const ALL_PAGES = 40;

/** The worker's steps in which the first results may be published. */
const AFTER_ENCODING: ReadonlySet<string> = new Set(['publish', 'derive', 'upload', 'record']);

/** How often a video is looked at in these steps, until it can be watched, in milliseconds. */
const LOOK_EVERY_MS = 2000;

type Tools = Pick<Uploader, 'videos' | 'watchVideo'>;

export function createVideoList(uploader: Tools, deletions: RememberedDeletions): VideoList {
  const listeners = new Set<() => void>();
  const details = new Map<string, Promise<Video>>();
  /** Set aside, to be deleted. */
  const aside = new Set<string>();
  /** Deleted, here or elsewhere. */
  const gone = new Set<string>();
  let state: VideoListState = {
    phase: 'loading',
    problem: undefined,
    items: [],
    hasMore: false,
    hidden: new Set(),
  };
  let shown = state;
  /** When an event last told of each video, in milliseconds since the epoch. */
  const toldAt = new Map<string, number>();
  /** When each video was last looked at for its first outputs, in milliseconds since the epoch. */
  const lookedAt = new Map<string, number>();
  let nextBefore: string | null = null;
  let reading: Promise<void> | undefined;
  let isReadAgain = false;
  let life: AbortController | undefined;

  const publish = (changes: Partial<VideoListState>): void => {
    state = { ...state, ...changes };
    const hidden = new Set([...aside, ...gone]);
    shown = { ...state, hidden, items: state.items.filter(({ video }) => !hidden.has(video.id)) };
    for (const listener of listeners) listener();
    follow();
  };
  const find = (id: string): VideoItem | undefined => state.items.find((item) => item.video.id === id);
  const put = (video: Video): void => publish({ items: mergeVideos(state.items, [video]) });
  const drop = (id: string): void => {
    gone.add(id);
    publish({ items: state.items.filter(({ video }) => video.id !== id) });
  };
  const setProblem = (id: string, problem: string | undefined): void =>
    publish({ items: state.items.map((item) => (item.video.id === id ? { ...item, problem } : item)) });

  const onEvent = (id: string, event: VideoEvent): void => {
    const item = find(id);
    if (item === undefined) return;
    if (event.kind === 'ended') return void settle(id);
    const { status, step, percent, etaSeconds } = event;
    toldAt.set(id, Date.now());
    // The MP4 is published while the other outputs are made: from then on the video can be watched.
    if (AFTER_ENCODING.has(step ?? '') && item.video.outputs.length === 0) lookForOutputs(id);
    const video = { ...item.video, status, step, progress: Math.round(percent) };
    publish({ items: state.items.map((other) => (other.video.id === id ? { ...other, video, etaSeconds } : other)) });
  };
  const forgetTimes = (): void => {
    const isOld = ({ video, etaSeconds }: VideoItem): boolean =>
      etaSeconds !== undefined && Date.now() - (toldAt.get(video.id) ?? 0) > ETA_LIFE_MS;
    if (!state.items.some(isOld)) return;
    publish({ items: state.items.map((item) => (isOld(item) ? { ...item, etaSeconds: undefined } : item)) });
  };
  const lookForOutputs = (id: string): void => {
    if (Date.now() - (lookedAt.get(id) ?? 0) < LOOK_EVERY_MS) return;
    lookedAt.set(id, Date.now());
    void settle(id);
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
      for (const { video } of state.items) if (!known.some(isOf(video)) && !older.some(isOf(video))) gone.add(video.id);
      publish({
        phase: 'ready',
        problem: undefined,
        items: mergeVideos([...known, ...older], page.videos),
        hasMore: nextBefore !== null,
      });
    } catch (error) {
      if (signal?.aborted || !(error instanceof UploadError)) return;
      // The page says by itself that there is no connection.
      const isReach = error.code === 'offline' || error.code === 'timed_out';
      publish({ problem: isReach ? undefined : wordsOf(error) });
      setTimeout(() => !signal?.aborted && void refresh(), RETRY_MS);
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
    getSnapshot: () => shown,
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
        forgetTimes();
        // Events do not tell how many wait before it.
        const isAnyLeft = state.items.some(
          ({ video }) => video.status === 'queued' || (isUnderWay(video) && !follower.isFollowed(video.id)),
        );
        if (isAnyLeft && document.visibilityState === 'visible') void refresh();
      }, POLL_MS);
      document.addEventListener('visibilitychange', wake, { signal: own.signal });
      addEventListener('online', wake, { signal: own.signal });
      addEventListener('pageshow', (event) => event.persisted && wake(), { signal: own.signal });
      for (const id of deletions.list()) {
        aside.add(id);
        void list.remove(id);
      }
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
    loadAll: async () => {
      for (let pages = 0; nextBefore !== null && pages < ALL_PAGES; pages++) await list.loadMore();
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
    rename: async (id, title) => {
      const before = find(id)?.video;
      if (before !== undefined) put({ ...before, title });
      try {
        const { title: named } = await uploader.videos.rename(id, title);
        const now = find(id)?.video;
        if (now !== undefined) put({ ...now, title: named });
      } catch (error) {
        const now = find(id)?.video;
        if (now !== undefined && before !== undefined) put({ ...now, title: before.title });
        throw error;
      }
    },
    setAside: (id) => {
      deletions.add(id);
      aside.add(id);
      publish({});
    },
    putBack: (id) => {
      deletions.remove(id);
      aside.delete(id);
      setProblem(id, undefined);
    },
    remove: async (id) => {
      try {
        await removeVideo(uploader.videos, id);
        deletions.remove(id);
        details.delete(id);
        drop(id);
      } catch (error) {
        list.putBack(id);
        setProblem(id, `It could not be deleted. ${wordsOf(error)}`);
      }
    },
    // Remembered: the page that is loaded next asks again, in case this was in vain.
    removeOnLeave: (id) => uploader.videos.deleteOnLeave(id),
  };
  return list;
}

const isOf =
  (video: Video) =>
  (item: VideoItem): boolean =>
    item.video.id === video.id;

/** Whether its addresses are still valid and no output was added since. */
function isUsable(detail: Video, row: Video | undefined): boolean {
  const lives = detail.urlExpiresAt === null || Date.parse(detail.urlExpiresAt) - Date.now() > RENEW_MS;
  return lives && (row === undefined || (row.outputs.length === detail.outputs.length && row.status === detail.status));
}
