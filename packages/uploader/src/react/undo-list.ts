/**
 * What can still be undone: it looks done, and is done for good a few seconds later, or when the page is left. Knows
 * nothing of React.
 */

/** How long something can be undone, in milliseconds; not counted while a pointer or the focus rests on the offer. */
export const UNDO_MS = 8000;

/** What was done, and how it is taken back or made final; exactly one of the three is called, once. */
export interface Undoable {
  /** As in `“trip.mov” was deleted.` */
  readonly words: string;
  readonly undo: () => void;
  readonly commit: () => void;
  /** Instead of `commit` while the page is left, when nothing can be waited for. */
  readonly commitOnLeave: () => void;
}

export interface UndoOffer {
  readonly id: number;
  readonly words: string;
}

export interface UndoList {
  readonly subscribe: (listener: () => void) => () => void;
  /** The latest last. */
  readonly getSnapshot: () => readonly UndoOffer[];
  readonly offer: (undoable: Undoable) => void;
  /** Does nothing where it is too late. */
  readonly undo: (id: number) => void;
  /** Time stands still: somebody is reading, or about to press the button. */
  readonly hold: () => void;
  readonly release: () => void;
  /** Makes everything final at once. */
  readonly commitAll: (how: 'commit' | 'commitOnLeave') => void;
}

interface Pending extends UndoOffer {
  readonly undoable: Undoable;
  leftMs: number;
  timer: ReturnType<typeof setTimeout> | undefined;
  startedAt: number;
}

export function createUndoList({ undoMs = UNDO_MS }: { readonly undoMs?: number } = {}): UndoList {
  const listeners = new Set<() => void>();
  let pending: readonly Pending[] = [];
  let isHeld = false;
  let count = 0;

  const publish = (next: readonly Pending[]): void => {
    pending = next;
    for (const listener of listeners) listener();
  };
  const take = (id: number): Undoable | undefined => {
    const found = pending.find((entry) => entry.id === id);
    if (found === undefined) return undefined;
    clearTimeout(found.timer);
    publish(pending.filter((entry) => entry !== found));
    return found.undoable;
  };
  const start = (entry: Pending): void => {
    entry.startedAt = performance.now();
    entry.timer = setTimeout(() => take(entry.id)?.commit(), entry.leftMs);
  };

  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => pending,
    offer: (undoable) => {
      const entry = { id: ++count, words: undoable.words, undoable, leftMs: undoMs, timer: undefined, startedAt: 0 };
      if (!isHeld) start(entry);
      publish([...pending, entry]);
    },
    undo: (id) => take(id)?.undo(),
    hold: () => {
      if (isHeld) return;
      isHeld = true;
      for (const entry of pending) {
        clearTimeout(entry.timer);
        entry.leftMs = Math.max(0, entry.leftMs - (performance.now() - entry.startedAt));
      }
    },
    release: () => {
      if (!isHeld) return;
      isHeld = false;
      pending.forEach(start);
    },
    commitAll: (how) => {
      for (const { id } of pending) take(id)?.[how]();
    },
  };
}
