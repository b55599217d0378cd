/** Undo for React: final when the page or the component goes. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import { createUndoList, type UndoList, type UndoOffer } from './undo-list.ts';

export interface UndoState {
  readonly list: UndoList;
  readonly offers: readonly UndoOffer[];
}

export function useUndoList(): UndoState {
  const [list] = useState(() => createUndoList());
  const offers = useSyncExternalStore(list.subscribe, list.getSnapshot, list.getSnapshot);
  useEffect(() => {
    const leave = () => list.commitAll('commitOnLeave');
    addEventListener('pagehide', leave);
    return () => {
      removeEventListener('pagehide', leave);
      list.commitAll('commit');
    };
  }, [list]);
  return { list, offers };
}
