/** One video: the player, and its facts. */

import type { Uploader } from '@supabase-media/uploader';
import type { Video } from '@supabase-media/uploader/contract';
import { UploadError } from '@supabase-media/uploader/errors';
import { titleOf } from '@supabase-media/uploader/format';
import { VideoPlayer } from '@supabase-media/uploader/player';
import { type ReactElement, useEffect, useState } from 'react';
import { Link } from '../link.tsx';
import { navigate } from '../router.ts';
import { describeVideo, isPlayable } from './describe-video.ts';
import { aspectRatioOf } from './frame.ts';
import { DeleteDialog } from './library.tsx';
import type { Videos } from './use-video-list.ts';
import { VideoFacts } from './video-facts.tsx';

export interface VideoViewProps {
  readonly videoId: string;
  readonly uploader: Uploader;
  readonly videos: Videos;
}

export function VideoView({ videoId, uploader, videos }: VideoViewProps): ReactElement {
  const item = videos.state.items.find(({ video }) => video.id === videoId);
  const [read, setRead] = useState<Video>();
  const [problem, setProblem] = useState<string>();
  const [isDeleting, setIsDeleting] = useState(false);
  const { list } = videos;
  const status = item?.video.status;
  const outputs = item?.video.outputs.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another status or another output is another look.
  useEffect(() => {
    let isOver = false;
    list.readDetail(videoId).then(
      (video) => !isOver && setRead(video),
      (error: unknown) => !isOver && setProblem(wordsOf(error)),
    );
    return () => {
      isOver = true;
    };
  }, [list, videoId, status, outputs]);

  const video = item?.video ?? read;
  if (problem !== undefined && read === undefined) return <Missing words={problem} />;
  if (video === undefined) return <p className="page-wait" role="status" aria-label="Loading the video" />;
  const view = describeVideo(video, item?.etaSeconds);
  return (
    <article className="watch">
      <Link to={{ view: 'library' }} className="watch__back">
        ‹ All videos
      </Link>
      <VideoPlayer videoId={videoId} uploader={uploader} aspectRatio={aspectRatioOf(video)} />
      <div className="watch__head">
        <h1>{titleOf(video)}</h1>
        <button type="button" className="button" onClick={() => setIsDeleting(true)}>
          Delete
        </button>
      </div>
      {video.status === 'processing' && isPlayable(video) && (
        <p className="notice" role="status">
          You can watch it already. Still on it: {view.detail} ({view.status}).
        </p>
      )}
      <VideoFacts video={video} />
      {isDeleting && (
        <DeleteDialog
          item={{ video, etaSeconds: undefined }}
          videos={videos}
          onClose={(isDeleted) => {
            setIsDeleting(false);
            if (isDeleted) navigate({ view: 'library' });
          }}
        />
      )}
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
