/**
 * Deletions that can still be undone, kept in this tab: a page that is reloaded meanwhile does not show again what was
 * deleted, and repeats what it may have sent in vain while it went away.
 */

export interface RememberedDeletions {
  readonly list: () => readonly string[];
  readonly add: (videoId: string) => void;
  readonly remove: (videoId: string) => void;
}

/** More are not waited for at once. */
const MOST = 100;

/** @param userId whose they are: another user of this tab must not repeat them. */
export function openRememberedDeletions(userId: string): RememberedDeletions {
  const key = `supabase-media:deleting:${userId}`;
  const read = (): readonly string[] => {
    try {
      const ids: unknown = JSON.parse(sessionStorage.getItem(key) ?? '[]');
      return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string').slice(-MOST) : [];
    } catch {
      return [];
    }
  };
  const write = (ids: readonly string[]): void => {
    try {
      if (ids.length === 0) sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, JSON.stringify(ids));
    } catch {
      // A browser without a memory: what is sent while the page goes away has to do.
    }
  };
  return {
    list: read,
    add: (videoId) => write([...read().filter((id) => id !== videoId), videoId]),
    remove: (videoId) => write(read().filter((id) => id !== videoId)),
  };
}
