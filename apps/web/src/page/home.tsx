/** The view of a signed-in user: the library, or one video. Uploads continue in both. */
import type { Uploader } from '@supabase-media/uploader';
import { Announcer } from '@supabase-media/uploader/react/announcer';
import type { DroppedFiles } from '@supabase-media/uploader/react/collect-files';
import type { UploadAction } from '@supabase-media/uploader/react/describe-upload';
import { DropZone } from '@supabase-media/uploader/react/drop-zone';
import { UndoBar } from '@supabase-media/uploader/react/undo-bar';
import { UnfinishedUploads } from '@supabase-media/uploader/react/unfinished-uploads';
import { isEnded, type UploadItem } from '@supabase-media/uploader/react/upload-list';
import { useUndoList } from '@supabase-media/uploader/react/use-undo-list';
import {
  cancelWithUndo,
  FOLDER,
  useLeaveWarning,
  useUnfinished,
  useUploadList,
} from '@supabase-media/uploader/react/use-upload-list';
import { type ReactElement, useCallback, useEffect, useRef, useState } from 'react';
import type { Auth, SignedIn } from './auth/open-auth.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { focusCard, focusNextCard } from './library/focus-card.ts';
import { Library } from './library/library.tsx';
import { useVideoList } from './library/use-video-list.ts';
import { VideoView } from './library/video-view.tsx';
import { Link } from './link.tsx';
import { PageDrop } from './page-drop.tsx';
import { useRoute } from './router.ts';

export interface HomeProps {
  readonly uploader: Uploader;
  readonly auth: Auth;
  readonly who: SignedIn;
}

export function Home({ uploader, auth, who }: HomeProps): ReactElement {
  const route = useRoute();
  const videos = useVideoList(uploader, who.userId);
  const { refresh } = videos.list;
  const onUploaded = useCallback(() => void refresh(), [refresh]);
  // Before the uploads: what was canceled is ended while there still is a list of them.
  const undo = useUndoList();
  const uploads = useUploadList({ uploader, onUploaded });
  const unfinished = useUnfinished(uploader, uploads.items, undo.list);
  const input = useRef<HTMLInputElement>(null);
  const running = uploads.items.filter((item) => !item.isSetAside && !isEnded(item)).length;
  useLeaveWarning(running > 0);
  useRefreshWhenSentElsewhere(unfinished.elsewhere.length, onUploaded);
  const isLibrary = route.view === 'library';
  const videoId = route.view === 'video' ? route.videoId : undefined;
  useFocusOnChange(videoId);

  const addFiles = ({ files, folders }: DroppedFiles): void => {
    for (const folder of folders) uploads.list.refuse(folder, FOLDER);
    uploads.list.add(files);
  };
  const act = (action: UploadAction, item: UploadItem): void => {
    if (action === 'cancel' || action === 'dismiss') focusNextCard(item.id);
    if (action === 'cancel') cancelWithUndo(uploads.list, undo.list, item, () => focusCard(item.id));
    else if (action === 'try_now') uploads.list.tryNow(item.id);
    else uploads.list[action](item.id);
  };
  const signOut = (): void => {
    // With the right to do so.
    undo.list.commitAll('commitOnLeave');
    void auth.signOut();
  };
  return (
    <>
      <header className="top">
        <Link className="top__brand" to={{ view: 'library' }}>
          <img src={ICON} alt="" width="28" height="28" />
          Videos
        </Link>
        {!isLibrary && running > 0 && (
          <Link className="top__uploads" to={{ view: 'library' }}>
            {running === 1 ? '1 upload running' : `${running} uploads running`}
          </Link>
        )}
        <span className="top__who" title={who.email}>
          {who.email}
        </span>
        <SignOutButton running={running} onSignOut={signOut} />
      </header>
      <main className="content" id="content" tabIndex={-1}>
        <div className="content__library" hidden={!isLibrary}>
          <h1 className="hidden-heading">Your videos</h1>
          <div className="video-uploader">
            <DropZone limits={uploads.limits} disabled={false} onDropped={addFiles} inputRef={input} />
            <UnfinishedUploads
              records={unfinished.records}
              uploader={uploader}
              limits={uploads.limits}
              onChosen={(file) => uploads.list.add([file])}
              onDiscard={unfinished.discard}
            />
            <Announcer items={uploads.items} />
          </div>
          <Library
            videos={videos}
            uploads={uploads.items}
            elsewhere={unfinished.elsewhere}
            undo={undo.list}
            onUploadAction={act}
            onUploadAgain={() => input.current?.click()}
          />
        </div>
        {videoId !== undefined && (
          <VideoView key={videoId} videoId={videoId} uploader={uploader} videos={videos} undo={undo.list} />
        )}
      </main>
      <PageDrop onDropped={addFiles} />
      <UndoBar {...undo} />
    </>
  );
}

interface SignOutButtonProps {
  readonly running: number;
  readonly onSignOut: () => void;
}

/** Uploads end with the sign-in: that is asked about. */
function SignOutButton({ running, onSignOut }: SignOutButtonProps): ReactElement {
  const [isAsking, setIsAsking] = useState(false);
  return (
    <>
      <button type="button" className="button" onClick={() => (running > 0 ? setIsAsking(true) : onSignOut())}>
        Sign out
      </button>
      {isAsking && (
        <ConfirmDialog
          title={
            running === 1
              ? 'Sign out while a file is being uploaded?'
              : `Sign out while ${running} files are being uploaded?`
          }
          words="What has arrived is kept for a day. Sign in again and choose the same files, and only the rest is sent."
          confirm="Sign out"
          keep="Stay signed in"
          onConfirm={onSignOut}
          onClose={() => setIsAsking(false)}
        />
      )}
    </>
  );
}

/** What another window has sent is a video now, or was given up: either way the list is another one. */
function useRefreshWhenSentElsewhere(count: number, refresh: () => void): void {
  const before = useRef(count);
  useEffect(() => {
    if (count < before.current) refresh();
    before.current = count;
  }, [count, refresh]);
}

/** Scrolls and moves the focus to the top of a new view, except for the first one. */
function useFocusOnChange(view: string | undefined): void {
  const before = useRef(view);
  useEffect(() => {
    if (before.current === view) return;
    before.current = view;
    document.getElementById('content')?.focus();
    scrollTo(0, 0);
  }, [view]);
}

const ICON = new URL('./icon.svg', import.meta.url).href;
