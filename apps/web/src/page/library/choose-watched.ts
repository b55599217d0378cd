/** Chooses the videos that are followed by events. Pure. */
import type { Video } from '@supabase-media/uploader/contract';

/**
 * Each stream keeps one connection open. Browsers open six to one server over HTTP/1.1: three are left for relayed
 * uploads and everything else. HTTP/2 allows more, but a page cannot detect it.
 */
export const WATCHED_MAX = 3;

/** Whether its status still changes. */
export const isUnderWay = ({ status }: Pick<Video, 'status'>): boolean =>
  status === 'queued' || status === 'processing';

/** Processing videos first, then those that wait longest. @param except videos that cannot be followed. */
export function chooseWatched(
  videos: readonly Pick<Video, 'id' | 'status' | 'createdAt'>[],
  except: ReadonlySet<string>,
): readonly string[] {
  const rank = (status: Video['status']): number => (status === 'processing' ? 0 : 1);
  return videos
    .filter((video) => isUnderWay(video) && !except.has(video.id))
    .sort((a, b) => rank(a.status) - rank(b.status) || a.createdAt.localeCompare(b.createdAt))
    .slice(0, WATCHED_MAX)
    .map(({ id }) => id);
}
