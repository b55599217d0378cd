/** Which videos are followed by events. Pure. */
import type { Video } from '@supabase-media/uploader/contract';

/**
 * Each takes one connection for as long as it lasts. Browsers open six to one server by HTTP/1.1: three are left for
 * uploads by the relay and for everything else. Over HTTP/2 more would do, but a page cannot tell.
 */
export const WATCHED_MAX = 3;

/** Something still happens to it by itself. */
export const isUnderWay = ({ status }: Pick<Video, 'status'>): boolean =>
  status === 'queued' || status === 'processing';

/** Those that are being processed first, then those that wait longest. @param except these cannot be followed. */
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
