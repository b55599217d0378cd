/** One video: the player, and its facts. */

import type { Uploader } from '@supabase-media/uploader';
import type { Video } from '@supabase-media/uploader/contract';
import { UploadError } from '@supabase-media/uploader/errors';
import { titleOf } from '@supabase-media/uploader/format';
import { VideoPlayer } from '@supabase-media/uploader/player';
import type { UndoState } from '@supabase-media/uploader/react/use-undo-list';
import { type ReactElement, useEffect, useState } from 'react';
import { Link } from '../link.tsx';
import { navigate } from '../router.ts';
import { deleteWithUndo } from './delete-with-undo.ts';
import { describeVideo, isPlayable } from './describe-video.ts';
import { aspectRatioOf } from './frame.ts';
import type { Videos } from './use-video-list.ts';
import { VideoFacts } from './video-facts.tsx';

/** What could not be read is read again after so long, in milliseconds. */
const RETRY_MS = 3000;

export interface VideoViewProps {
  readonly videoId: string;
  readonly uploader: Uploader;
  readonly videos: Videos;
  readonly undo: UndoState['list'];
}

export function VideoView({ videoId, uploader, videos, undo }: VideoViewProps): ReactElement {
  const item = videos.state.items.find(({ video }) => video.id === videoId);
  const [read, setRead] = useState<Video>();
  const [problem, setProblem] = useState<string>();
  const { list } = videos;
  const status = item?.video.status;
  const outputs = item?.video.outputs.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another status or another output is another look.
  useEffect(() => {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = (): void => {
      list.readDetail(videoId).then(
        (video) => !isOver && setRead(video),
        (error: unknown) => {
          if (isOver) return;
          // The page says by itself that there is no connection.
          if (error instanceof UploadError && error.retryBy === 'client') timer = setTimeout(look, RETRY_MS);
          else setProblem(wordsOf(error));
        },
      );
    };
    look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [list, videoId, status, outputs]);

  const video = item?.video ?? read;
  if (problem !== undefined && read === undefined) return <Missing words={problem} />;
  if (video === undefined)
    return (
      <div className="watch" role="status" aria-label="Loading the video">
        <span className="watch__back" />
        <div className="watch__frame watch__frame--skeleton" />
      </div>
    );
  const view = describeVideo(video, item?.etaSeconds);
  return (
    <article className="watch">
      <Link to={{ view: 'library' }} className="watch__back">
        ‹ All videos
      </Link>
      <VideoPlayer videoId={videoId} uploader={uploader} aspectRatio={aspectRatioOf(video)} />
      <div className="watch__head">
        <h1>{titleOf(video)}</h1>
        <button
          type="button"
          className="button"
          onClick={() => {
            deleteWithUndo(list, undo, video, () => navigate({ view: 'video', videoId }));
            navigate({ view: 'library' });
          }}
        >
          Delete
        </button>
      </div>
      {video.status === 'processing' && isPlayable(video) && (
        <p className="notice" role="status">
          You can watch it already; previews and streams are still made. {view.status}
          {view.timeLeft !== '' && ` · ${view.timeLeft}`}
        </p>
      )}
      <VideoFacts video={video} />
    </article>
  );
}

function Missing({ words }: { readonly words: string }): ReactElement {
  return (
    <div className="page-failed">
      <h1>This video cannot be shown</h1>
      <p role="alert">{words}</p>
      <Link to={{ view: 'library' }} className="button button--primary">
        All videos
      </Link>
    </div>
  );
}

function wordsOf(error: unknown): string {
  if (!(error instanceof UploadError)) return 'Something unexpected happened. Load the page again.';
  return error.code === 'not_found'
    ? 'This video does not exist or belongs to another user.'
    : `${error.message} ${error.action}`;
}
