'use client';

/**
 * `<VideoUploader>`, exported as `@supabase-media/uploader/react`: choose or drop videos, watch them go to Storage, pause,
 * resume, cancel, retry, and take up after a reload what was broken off.
 *
 *     import { createUploader } from '../client/create-uploader.ts';
 *     import { VideoUploader } from './video-uploader.tsx';
 *     import '@supabase-media/uploader/react/style.css';
 *
 *     const uploader = createUploader({ apiUrl: '', getToken: () => session.access_token });
 *     <VideoUploader uploader={uploader} onUploaded={({ videoId }) => show(videoId)} />
 */
import { type ReactElement, type RefObject, useEffect, useRef } from 'react';
import type { Uploader } from '../client/create-uploader.ts';
import { Announcer } from './announcer.tsx';
import type { DroppedFiles } from './collect-files.ts';
import type { UploadAction } from './describe-upload.ts';
import { DropZone } from './drop-zone.tsx';
import { UndoBar } from './undo-bar.tsx';
import { UnfinishedUploads } from './unfinished-uploads.tsx';
import { isEnded, type UploadItem } from './upload-list.ts';
import { UploadRow } from './upload-row.tsx';
import { useUndoList } from './use-undo-list.ts';
import { cancelWithUndo, FOLDER, useLeaveWarning, useUnfinished, useUploadList } from './use-upload-list.ts';

export interface VideoUploaderProps {
  /** From `createUploader`; make it once. For another user give another one, and another `key`. */
  readonly uploader: Uploader;
  /** A video has arrived and waits for a worker. */
  readonly onUploaded?: ((video: { readonly videoId: string; readonly fileName: string }) => void) | undefined;
  /** How many uploads have not ended, whenever that changes. */
  readonly onActivity?: ((uploads: number) => void) | undefined;
  /** First folder of the results; `default` unless given. */
  readonly project?: string | undefined;
  /** Takes no new files; what is under way goes on. */
  readonly disabled?: boolean | undefined;
  /** Ask before the page is left while something is sent; true unless given. */
  readonly warnBeforeLeaving?: boolean | undefined;
  /** Holds the file input: `inputRef.current?.click()` opens the picker from elsewhere on the page. */
  readonly inputRef?: RefObject<HTMLInputElement | null> | undefined;
  /** Beside `video-uploader`, the class that carries its custom properties. */
  readonly className?: string | undefined;
}

/** See the head of this file. Needs the stylesheet `@supabase-media/uploader/react/style.css`. */
export function VideoUploader(props: VideoUploaderProps): ReactElement {
  const { uploader, onActivity } = props;
  // Before the list: what was canceled is ended while there still is one.
  const undo = useUndoList();
  const uploads = useUploadList(props);
  const { list, limits } = uploads;
  const items = uploads.items.filter(({ isSetAside }) => !isSetAside);
  const unfinished = useUnfinished(uploader, uploads.items, undo.list);
  const root = useRef<HTMLDivElement>(null);
  const ownInput = useRef<HTMLInputElement>(null);
  const input = props.inputRef ?? ownInput;
  const ended = items.filter(isEnded);
  const active = items.length - ended.length;
  useLeaveWarning(active > 0 && props.warnBeforeLeaving !== false);
  useEffect(() => onActivity?.(active), [onActivity, active]);

  const addFiles = ({ files, folders }: DroppedFiles): void => {
    for (const folder of folders) list.refuse(folder, FOLDER);
    list.add(files);
  };
  const focusRow = (id: string) =>
    requestAnimationFrame(() =>
      root.current?.querySelector<HTMLElement>(`[data-upload="${id}"] .video-uploader__button`)?.focus(),
    );
  const act = (action: UploadAction, item: UploadItem): void => {
    // The button goes with its row; the keyboard must not be left nowhere.
    if (action === 'cancel' || action === 'dismiss') input.current?.focus({ preventScroll: true });
    if (action === 'cancel') cancelWithUndo(list, undo.list, item, () => focusRow(item.id));
    else if (action === 'try_now') list.tryNow(item.id);
    else list[action](item.id);
  };
  return (
    <div ref={root} className={['video-uploader', props.className].filter(Boolean).join(' ')}>
      <DropZone limits={limits} disabled={props.disabled === true} onDropped={addFiles} inputRef={input} />
      <UnfinishedUploads
        records={unfinished.records}
        uploader={uploader}
        limits={limits}
        onChosen={(file) => list.add([file])}
        onDiscard={unfinished.discard}
      />
      {items.length > 0 && (
        <ul className="video-uploader__list" aria-label="Uploads">
          {items.map((item) => (
            <UploadRow key={item.id} item={item} onAction={act} />
          ))}
        </ul>
      )}
      {ended.length > 1 && (
        <button
          type="button"
          className="video-uploader__button video-uploader__clear"
          onClick={() => {
            for (const { id } of ended) list.dismiss(id);
            input.current?.focus({ preventScroll: true });
          }}
        >
          Clear finished
        </button>
      )}
      <Announcer items={items} />
      <UndoBar {...undo} />
    </div>
  );
}
