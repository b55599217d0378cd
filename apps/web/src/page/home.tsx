/** The view of a signed-in user: the library, or one video. Uploads continue in both. */

import type { Uploader } from '@supabase-media/uploader';
import { VideoUploader } from '@supabase-media/uploader/react';
import { type ReactElement, useCallback, useEffect, useRef, useState } from 'react';
import type { Auth } from './auth/open-auth.ts';
import { Library } from './library/library.tsx';
import { useVideoList } from './library/use-video-list.ts';
import { VideoView } from './library/video-view.tsx';
import { Link } from './link.tsx';
import { useRoute } from './router.ts';

export interface HomeProps {
  readonly uploader: Uploader;
  readonly auth: Auth;
  readonly email: string;
}

export function Home({ uploader, auth, email }: HomeProps): ReactElement {
  const route = useRoute();
  const videos = useVideoList(uploader);
  const [uploads, setUploads] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const isLibrary = route.view === 'library';
  const videoId = route.view === 'video' ? route.videoId : undefined;
  useFocusOnChange(videoId);
  const { refresh } = videos.list;
  const onUploaded = useCallback(() => void refresh(), [refresh]);
  return (
    <>
      <header className="top">
        <Link className="top__brand" to={{ view: 'library' }}>
          <img src={ICON} alt="" width="28" height="28" />
          Videos
        </Link>
        {!isLibrary && uploads > 0 && (
          <Link className="top__uploads" to={{ view: 'library' }}>
            {uploads === 1 ? '1 upload running' : `${uploads} uploads running`}
          </Link>
        )}
        <span className="top__who" title={email}>
          {email}
        </span>
        <button type="button" className="button" onClick={() => void auth.signOut()}>
          Sign out
        </button>
      </header>
      <main className="content" id="content" tabIndex={-1}>
        <div className="content__library" hidden={!isLibrary}>
          <h1 className="hidden-heading">Your videos</h1>
          <VideoUploader uploader={uploader} onUploaded={onUploaded} onActivity={setUploads} inputRef={input} />
          <Library videos={videos} onUploadAgain={() => input.current?.click()} />
        </div>
        {videoId !== undefined && <VideoView key={videoId} videoId={videoId} uploader={uploader} videos={videos} />}
      </main>
    </>
  );
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
