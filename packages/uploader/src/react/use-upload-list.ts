/** The uploader's state for React. */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { Uploader } from '../client/create-uploader.ts';
import type { UploadRecord } from '../client/upload-record.ts';
import { listWaiting } from './match-unfinished.ts';
import { createUploadList, isEnded, type UploadItem, type UploadList, type UploadListOptions } from './upload-list.ts';
import { DEFAULT_LIMITS, type UploadLimits } from './validate-file.ts';

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
  readonly records: readonly UploadRecord[];
  readonly discard: (record: UploadRecord) => void;
}

/**
 * Another window may begin an upload, or be closed in the middle of one, and nothing tells of it. In milliseconds; only
 * this browser's own memory is asked.
 */
const LOOK_EVERY_MS = 4000;

/** What earlier visits left, looked at again whenever an upload begins or ends, here or elsewhere. */
export function useUnfinished(uploader: Uploader, items: readonly UploadItem[]): UnfinishedState {
  const [records, setRecords] = useState<readonly UploadRecord[]>([]);
  const settled = items.map((item) => `${item.id}${isEnded(item)}`).join();
  const looks = useRef({ begun: 0, ended: 0 });
  const look = useCallback(() => {
    const number = ++looks.current.begun;
    const show = (found: readonly UploadRecord[]): void => {
      // A later look knows more.
      if (number === looks.current.begun) setRecords((before) => (namesOf(before) === namesOf(found) ? before : found));
    };
    const end = () => {
      looks.current.ended++;
    };
    uploader
      .listUnfinished()
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
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', lookWhenSeen);
    };
  }, [look]);
  return {
    records: listWaiting(records, items),
    discard: (record) => void uploader.discardUnfinished(record).finally(look),
  };
}

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
