/**
 * Whether the API can be reached, by what becomes of the page's requests: one that fails or is not answered says that it
 * is away, and from then on it is asked every few seconds until it answers.
 */
import type { Connectivity } from '@supabase-media/uploader';

/** A read that is not answered for so long will not be soon, in milliseconds. */
const SLOW_MS = 4000;

/** Between two questions whether it is back, in milliseconds. */
const ASK_EVERY_MS = 3000;

/** What gateways answer for a server that is away. The API itself answers 503, too, in JSON: then it is there. */
const GATEWAY_STATUSES: ReadonlySet<number> = new Set([502, 503, 504]);

export interface Reach {
  /** To be used for every request to the API. */
  readonly fetch: typeof globalThis.fetch;
  /** Ends waits when the network or the API is back. */
  readonly connectivity: Connectivity;
  readonly subscribe: (listener: () => void) => () => void;
  /** Whether it is away. */
  readonly getSnapshot: () => boolean;
  /** Asks until the returned function is called. */
  readonly start: () => () => void;
  readonly askNow: () => void;
}

export function createReach(options: {
  readonly fetch: typeof globalThis.fetch;
  /** Something that anyone may read. */
  readonly question: string;
}): Reach {
  const listeners = new Set<() => void>();
  const backListeners = new Set<() => void>();
  let isAway = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let life: AbortController | undefined;

  const set = (next: boolean): void => {
    if (isAway === next) return;
    isAway = next;
    clearTimeout(timer);
    if (isAway) askLater();
    for (const listener of listeners) listener();
    if (!isAway) for (const listener of [...backListeners]) listener();
  };
  const askLater = (): void => {
    clearTimeout(timer);
    if (life !== undefined && isAway) timer = setTimeout(ask, ASK_EVERY_MS);
  };
  const ask = async (): Promise<void> => {
    if (life === undefined) return;
    const signal = AbortSignal.any([life.signal, AbortSignal.timeout(SLOW_MS)]);
    const answer = await options.fetch(options.question, { signal, cache: 'no-store' }).catch(() => undefined);
    if (answer !== undefined && isFromApi(answer)) set(false);
    askLater();
  };

  return {
    fetch: async (input, init) => {
      const isRead = (init?.method ?? 'GET') === 'GET';
      const slow = isRead ? setTimeout(() => set(true), SLOW_MS) : undefined;
      try {
        const answer = await options.fetch(input, init);
        set(!isFromApi(answer));
        return answer;
      } catch (error) {
        // Whoever stopped waiting says nothing about the server, unless it took too long.
        const { name } = error as Error;
        const isStopped = init?.signal?.aborted === true && name !== 'TimeoutError';
        if (!isStopped) set(true);
        throw error;
      } finally {
        clearTimeout(slow);
      }
    },
    connectivity: {
      isOnline: () => navigator.onLine,
      onOnline: (listener) => {
        addEventListener('online', listener);
        backListeners.add(listener);
        return () => {
          removeEventListener('online', listener);
          backListeners.delete(listener);
        };
      },
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => isAway,
    start: () => {
      const own = new AbortController();
      life = own;
      addEventListener('offline', () => set(true), { signal: own.signal });
      addEventListener('online', () => void ask(), { signal: own.signal });
      askLater();
      return () => {
        own.abort();
        clearTimeout(timer);
        if (life === own) life = undefined;
      };
    },
    askNow: () => void ask(),
  };
}

const isFromApi = (answer: Response): boolean =>
  !GATEWAY_STATUSES.has(answer.status) || answer.headers.get('content-type')?.includes('json') === true;
