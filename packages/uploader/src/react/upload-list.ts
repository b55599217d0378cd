/**
 * The files of one uploader and what becomes of each: what `<VideoUploader>` shows. Knows nothing of React, so other
 * frameworks can show it too: `subscribe` and `getSnapshot` are all there is to it.
 */
import type { Uploader } from '../client/create-uploader.ts';
import type { UploadProgress } from '../client/progress.ts';
import type { UploadHandle, UploadState } from '../client/upload-types.ts';
import type { FileProblem, UploadLimits } from './validate-file.ts';
import { validateFile } from './validate-file.ts';

/** What an upload does, or why it was not begun. */
export type UploadItemState = UploadState | { readonly name: 'refused'; readonly problem: FileProblem };

/** One file. A changed item is a new object. */
export interface UploadItem {
  readonly id: string;
  /** When it was added, in milliseconds since the epoch. */
  readonly addedAt: number;
  /** The video that it becomes; undefined until the API has begun a session for it. */
  readonly videoId: string | undefined;
  readonly fileName: string;
  /** In bytes. */
  readonly size: number;
  readonly state: UploadItemState;
  /** Undefined until something was sent or confirmed. */
  readonly progress: UploadProgress | undefined;
  /** Taken off the list, and can be put back: see {@link UploadList.setAside}. */
  readonly isSetAside: boolean;
}

export interface UploadListOptions {
  readonly uploader: Pick<Uploader, 'uploadVideo'>;
  /** Asked for every file that is added. */
  readonly limits: () => UploadLimits;
  readonly project?: string | undefined;
  /** The video is in the queue of the workers. */
  readonly onUploaded?: ((video: { readonly videoId: string; readonly fileName: string }) => void) | undefined;
}

export interface UploadList {
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => readonly UploadItem[];
  readonly add: (files: readonly File[]) => void;
  /** Shows why something was not taken, such as a folder. */
  readonly refuse: (fileName: string, problem: FileProblem) => void;
  readonly pause: (id: string) => void;
  readonly resume: (id: string) => void;
  /** Ends a wait: tries again at once. */
  readonly tryNow: (id: string) => void;
  /** After a failure, from where it stopped. */
  readonly retry: (id: string) => void;
  /** Pauses one that is not to be shown any more; `putBack` shows it, and goes on where it was not paused before. */
  readonly setAside: (id: string) => void;
  readonly putBack: (id: string) => void;
  /** Gives the upload up, here and at the server. */
  readonly cancel: (id: string) => void;
  /** As `cancel`, while the page is left. */
  readonly cancelOnLeave: (id: string) => void;
  /** Takes an ended one off the list. */
  readonly dismiss: (id: string) => void;
  /** Stops every upload and keeps its resume point. */
  readonly stop: () => void;
}

const ENDS: ReadonlySet<UploadItemState['name']> = new Set(['completed', 'failed', 'canceled', 'refused']);

/** Nothing more happens to it by itself. */
export const isEnded = ({ state }: UploadItem): boolean => ENDS.has(state.name);

/** What another window is sending is no failure of this one. */
function refusalOf(state: UploadState): UploadItemState | undefined {
  if (state.name !== 'failed' || state.error.code !== 'sent_elsewhere') return undefined;
  const { message, action } = state.error;
  return { name: 'refused', problem: { code: 'already_added', message, action } };
}

const ALREADY_ADDED: FileProblem = {
  code: 'already_added',
  message: 'This file is being uploaded already.',
  action: 'Look for it in the list.',
};

export function createUploadList(options: UploadListOptions): UploadList {
  const listeners = new Set<() => void>();
  const files = new Map<string, File>();
  const handles = new Map<string, UploadHandle>();
  /** Those of what was set aside that were paused before. */
  const pausedBefore = new Set<string>();
  let items: readonly UploadItem[] = [];
  let stopping = new AbortController();
  let count = 0;

  const publish = (next: readonly UploadItem[]): void => {
    items = next;
    for (const listener of listeners) listener();
  };
  const change = (id: string, changes: Partial<UploadItem>): void =>
    publish(items.map((item) => (item.id === id ? { ...item, ...changes } : item)));
  const drop = (id: string): void => {
    files.delete(id);
    handles.delete(id);
    pausedBefore.delete(id);
    publish(items.filter((item) => item.id !== id));
  };

  const start = (id: string, file: File): void => {
    const handle = options.uploader.uploadVideo(file, {
      project: options.project,
      signal: stopping.signal,
      once: true,
      onProgress: (progress) => change(id, { progress }),
      onState: (state) => change(id, { state: refusalOf(state) ?? state, videoId: handles.get(id)?.videoId() }),
    });
    handles.set(id, handle);
    handle.finished.then(
      ({ videoId }) => options.onUploaded?.({ videoId, fileName: file.name }),
      // The state tells it: the list shows failures, and what was canceled goes.
      () => handle.state().name === 'canceled' && drop(id),
    );
  };

  const isUnderWay = (file: File): boolean =>
    items.some((item) => {
      const other = files.get(item.id);
      const isSame = other?.name === file.name && other.size === file.size && other.lastModified === file.lastModified;
      return isSame && !isEnded(item);
    });

  const append = (fileName: string, size: number, state: UploadItemState, addedAt = Date.now()): string => {
    const id = `upload-${++count}`;
    const unknown = { videoId: undefined, progress: undefined, isSetAside: false };
    publish([...items, { id, addedAt, fileName, size, state, ...unknown }]);
    return id;
  };

  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => items,
    add: (added) => {
      // One time for what is chosen together, so that it stays in that order.
      const now = Date.now();
      for (const file of added) {
        const problem = isUnderWay(file) ? ALREADY_ADDED : validateFile(file, options.limits());
        if (problem !== undefined) {
          append(file.name, file.size, { name: 'refused', problem }, now);
          continue;
        }
        const id = append(file.name, file.size, { name: 'queued' }, now);
        files.set(id, file);
        start(id, file);
      }
    },
    refuse: (fileName, problem) => void append(fileName, 0, { name: 'refused', problem }),
    pause: (id) => handles.get(id)?.pause(),
    resume: (id) => handles.get(id)?.resume(),
    tryNow: (id) => {
      handles.get(id)?.pause();
      handles.get(id)?.resume();
    },
    retry: (id) => {
      const file = files.get(id);
      if (file !== undefined) start(id, file);
    },
    setAside: (id) => {
      const item = items.find((candidate) => candidate.id === id);
      if (item?.state.name === 'paused') pausedBefore.add(id);
      change(id, { isSetAside: true });
      handles.get(id)?.pause();
    },
    putBack: (id) => {
      change(id, { isSetAside: false });
      if (!pausedBefore.delete(id)) handles.get(id)?.resume();
    },
    cancel: (id) => handles.get(id)?.cancel(),
    cancelOnLeave: (id) => handles.get(id)?.cancelOnLeave(),
    dismiss: (id) => {
      const item = items.find((candidate) => candidate.id === id);
      if (item !== undefined && isEnded(item)) drop(id);
    },
    stop: () => {
      stopping.abort();
      stopping = new AbortController();
      publish([]);
      files.clear();
      handles.clear();
    },
  };
}
