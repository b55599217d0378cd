/** The uploader's state for React. */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { Uploader } from '../client/create-uploader.ts';
import type { UploadRecord } from '../client/upload-record.ts';
import { listWaiting } from './match-unfinished.ts';
import type { UndoList } from './undo-list.ts';
import { createUploadList, isEnded, type UploadItem, type UploadList, type UploadListOptions } from './upload-list.ts';
import { DEFAULT_LIMITS, type FileProblem, type UploadLimits } from './validate-file.ts';

export interface UploadListState {
  readonly list: UploadList;
  readonly items: readonly UploadItem[];
  readonly limits: UploadLimits;
}

export interface UseUploadListOptions extends Pick<UploadListOptions, 'project' | 'onUploaded'> {
  readonly uploader: Uploader;
}

/** Uploads end with the component and keep their resume points. Another uploader means another list. */
export function useUploadList({ uploader, project, onUploaded }: UseUploadListOptions): UploadListState {
  const [limits, setLimits] = useState(DEFAULT_LIMITS);
  const latest = useRef({ limits, onUploaded });
  latest.current = { limits, onUploaded };
  const [list] = useState(() =>
    createUploadList({
      uploader,
      project,
      limits: () => latest.current.limits,
      onUploaded: (video) => latest.current.onUploaded?.(video),
    }),
  );
  useEffect(() => () => list.stop(), [list]);
  useEffect(() => {
    const stop = new AbortController();
    // Without an answer the limits that every installation begins with hold; the API looks at each file anyway.
    uploader.getConfig({ signal: stop.signal }).then(setLimits, () => {});
    return () => stop.abort();
  }, [uploader]);
  const items = useSyncExternalStore(list.subscribe, list.getSnapshot, list.getSnapshot);
  return { list, items, limits };
}

export interface UnfinishedState {
  /** What earlier visits left and nothing sends. */
  readonly records: readonly UploadRecord[];
  /** What other windows are sending. */
  readonly elsewhere: readonly UploadRecord[];
  /** Hides one; it is ended when nobody takes that back. */
  readonly discard: (record: UploadRecord) => void;
}

/**
 * Another window may begin an upload, or be closed in the middle of one, and nothing tells of it. In milliseconds; only
 * this browser's own memory is asked.
 */
const LOOK_EVERY_MS = 4000;

/** What earlier visits left, looked at again whenever an upload begins or ends, here or elsewhere. */
export function useUnfinished(uploader: Uploader, items: readonly UploadItem[], undo: UndoList): UnfinishedState {
  const [records, setRecords] = useState<readonly UploadRecord[]>([]);
  const [elsewhere, setElsewhere] = useState<readonly UploadRecord[]>([]);
  const [discarded, setDiscarded] = useState<ReadonlySet<string>>(new Set());
  const settled = items.map((item) => `${item.id}${isEnded(item)}`).join();
  const looks = useRef({ begun: 0, ended: 0 });
  const look = useCallback(() => {
    const number = ++looks.current.begun;
    const show = ([left, sent]: readonly (readonly UploadRecord[])[]): void => {
      // A later look knows more.
      if (number !== looks.current.begun) return;
      setRecords((before) => keepSame(before, left ?? []));
      setElsewhere((before) => keepSame(before, sent ?? []));
    };
    const end = () => {
      looks.current.ended++;
    };
    Promise.all([uploader.listUnfinished(), uploader.listElsewhere()])
      .then(show, () => {})
      .finally(end);
  }, [uploader]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of `settled` is when it is looked at again.
  useEffect(look, [look, settled]);
  useEffect(() => {
    const lookWhenSeen = () => document.visibilityState === 'visible' && look();
    const timer = setInterval(() => {
      // Without a network a look may wait for a token.
      if (looks.current.ended === looks.current.begun) lookWhenSeen();
    }, LOOK_EVERY_MS);
    document.addEventListener('visibilitychange', lookWhenSeen);
    // Another window has written something down: as a rule, how far its upload is.
    addEventListener('storage', lookWhenSeen);
    return () => {
      clearInterval(timer);
      removeEventListener('storage', lookWhenSeen);
      document.removeEventListener('visibilitychange', lookWhenSeen);
    };
  }, [look]);
  return {
    records: listWaiting(records, items).filter(({ sessionId }) => !discarded.has(sessionId)),
    elsewhere,
    discard: (record) => {
      const { sessionId, fileName } = record;
      setDiscarded((before) => new Set(before).add(sessionId));
      const discard = () => void uploader.discardUnfinished(record).finally(look);
      undo.offer({
        words: `“${fileName}” was discarded.`,
        undo: () => setDiscarded((before) => new Set([...before].filter((id) => id !== sessionId))),
        commit: discard,
        commitOnLeave: () => {
          uploader.uploads.cancelOnLeave(sessionId);
          discard();
        },
      });
    },
  };
}

export const FOLDER: FileProblem = {
  code: 'folder',
  message: 'This is a folder.',
  action: 'Open it and choose the videos in it.',
};

/** Takes an upload off the list, and gives it up when nobody takes that back. */
export function cancelWithUndo(list: UploadList, undo: UndoList, item: UploadItem, onUndone: () => void): void {
  const { id, fileName } = item;
  list.setAside(id);
  undo.offer({
    words: `The upload of “${fileName}” was canceled.`,
    undo: () => {
      list.putBack(id);
      onUndone();
    },
    commit: () => list.cancel(id),
    commitOnLeave: () => list.cancelOnLeave(id),
  });
}

const keepSame = (before: readonly UploadRecord[], found: readonly UploadRecord[]): readonly UploadRecord[] =>
  namesOf(before) === namesOf(found) ? before : found;

const namesOf = (records: readonly UploadRecord[]): string =>
  records.map(({ sessionId, confirmedBytes }) => `${sessionId} ${confirmedBytes}`).join();

/** Asks before a page is left while bytes are on their way. */
export function useLeaveWarning(isNeeded: boolean): void {
  useEffect(() => {
    if (!isNeeded) return undefined;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [isNeeded]);
}
