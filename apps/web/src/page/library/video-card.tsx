/** One video of the library. */

import { UploadError } from '@supabase-media/uploader/errors';
import { titleOf } from '@supabase-media/uploader/format';
import { type CSSProperties, type ReactElement, useState } from 'react';
import { Link } from '../link.tsx';
import { describeVideo, isPlayable, type VideoAction } from './describe-video.ts';
import { explainVideo } from './explain-video.ts';
import { Poster } from './poster.tsx';
import { usePreviewWanted } from './preview.tsx';
import type { VideoItem } from './video-item.ts';
import type { VideoList } from './video-list.ts';

const BUTTONS: Readonly<Record<Exclude<VideoAction, 'watch'>, { readonly words: string; readonly busy: string }>> = {
  cancel: { words: 'Cancel', busy: 'Canceling …' },
  retry: { words: 'Try again', busy: 'Queueing …' },
  upload_again: { words: 'Upload again', busy: '' },
  delete: { words: 'Delete', busy: '' },
};

export interface VideoCardProps {
  readonly item: VideoItem;
  readonly list: VideoList;
  readonly onDelete: (item: VideoItem) => void;
  readonly onUploadAgain: () => void;
}

export function VideoCard({ item, list, onDelete, onUploadAgain }: VideoCardProps): ReactElement {
  const { video } = item;
  const [busy, setBusy] = useState<VideoAction>();
  const [problem, setProblem] = useState<string>();
  const [isPreviewWanted, previewHandlers] = usePreviewWanted();
  const view = describeVideo(video, item.etaSeconds);
  const explanation = explainVideo(video);
  const title = titleOf(video);
  const to = { view: 'video', videoId: video.id } as const;
  const act = async (action: Exclude<VideoAction, 'watch'>) => {
    if (action === 'delete') return onDelete(item);
    if (action === 'upload_again') return onUploadAgain();
    setBusy(action);
    setProblem(undefined);
    try {
      await list[action](video.id);
    } catch (error) {
      setProblem(error instanceof UploadError ? `${error.message} ${error.action}` : 'That did not work. Try again.');
    } finally {
      setBusy(undefined);
    }
  };
  return (
    <li className="card panel" data-tone={view.tone} data-status={video.status} {...previewHandlers}>
      {isPlayable(video) ? (
        <Link to={to} className="card__picture" tabIndex={-1} aria-hidden="true">
          <Poster video={video} list={list} isPreviewWanted={isPreviewWanted} />
        </Link>
      ) : (
        <div className="card__picture">
          <Poster video={video} list={list} isPreviewWanted={isPreviewWanted} />
        </div>
      )}
      <div className="card__body">
        <h3 className="card__title" title={title}>
          {isPlayable(video) ? (
            <Link to={to} aria-label={`Watch ${title}`}>
              {title}
            </Link>
          ) : (
            title
          )}
        </h3>
        <p className="card__status">
          <span className="card__word">{view.status}</span>
          <span className="card__date">{formatDate(video.createdAt)}</span>
        </p>
        {view.percent !== undefined && (
          <div
            className="meter"
            role="progressbar"
            aria-label={`Processing of ${title}`}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={view.percent}
            aria-valuetext={`${view.percent} percent, ${view.detail ?? ''}`}
            style={{ '--done': view.percent / 100 } as CSSProperties}
          >
            <span />
          </div>
        )}
        {(view.detail ?? explanation?.short) !== undefined && (
          <p className="card__detail">{view.detail ?? explanation?.short}</p>
        )}
        {problem !== undefined && (
          <p className="card__detail card__detail--problem" role="alert">
            {problem}
          </p>
        )}
        <div className="card__actions">
          {view.actions.map((action) =>
            action === 'watch' ? (
              <Link key={action} to={to} className="button button--primary" aria-label={`Watch ${title} now`}>
                Watch
              </Link>
            ) : (
              <button
                key={action}
                type="button"
                className="button"
                aria-label={`${BUTTONS[action].words}: ${title}`}
                disabled={busy !== undefined}
                onClick={() => void act(action)}
              >
                {busy === action ? BUTTONS[action].busy : BUTTONS[action].words}
              </button>
            ),
          )}
        </div>
      </div>
    </li>
  );
}

/** `21 Nov, 18:30`, as the reader's language writes it. */
function formatDate(time: string): string {
  return new Date(time).toLocaleString(undefined, {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });
}
