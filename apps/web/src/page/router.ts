/** Maps addresses to views. */
import { useSyncExternalStore } from 'react';

export type Route = { readonly view: 'library' } | { readonly view: 'video'; readonly videoId: string };

const UUID = /^\/videos\/([0-9a-f-]{36})$/i;

/** Unknown addresses show the library. */
export function readRoute(path: string): Route {
  const videoId = UUID.exec(path)?.[1];
  return videoId === undefined ? { view: 'library' } : { view: 'video', videoId };
}

export const pathOf = (route: Route): string => (route.view === 'library' ? '/' : `/videos/${route.videoId}`);

export function navigate(route: Route): void {
  history.pushState(null, '', pathOf(route));
  dispatchEvent(new PopStateEvent('popstate'));
}

function subscribe(listener: () => void): () => void {
  addEventListener('popstate', listener);
  return () => removeEventListener('popstate', listener);
}

/** The current path; re-renders on every change. */
export const useRoute = (): Route => readRoute(useSyncExternalStore(subscribe, () => location.pathname));
