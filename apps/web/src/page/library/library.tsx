/** The user's videos. */

import { UploadError } from '@supabase-media/uploader/errors';
import { titleOf } from '@supabase-media/uploader/format';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { describeVideo } from './describe-video.ts';
import type { Videos } from './use-video-list.ts';
import { VideoCard } from './video-card.tsx';
import type { VideoItem } from './video-item.ts';

export interface LibraryProps {
  readonly videos: Videos;
  readonly onUploadAgain: () => void;
}

export function Library({ videos, onUploadAgain }: LibraryProps): ReactElement {
  const { list, state } = videos;
  const [deleting, setDeleting] = useState<VideoItem>();
  const [isLoadingMore, setIsLoadingMore] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const loadMore = async () => {
    setIsLoadingMore(true);
    await list.loadMore().catch(() => {});
    setIsLoadingMore(false);
  };
  return (
    <section className="library" aria-labelledby="library-title">
      <h2 id="library-title" ref={heading} tabIndex={-1}>
        Library
      </h2>
      {state.problem !== undefined && (
        <div className="notice notice--problem" role="alert">
          <span>The videos could not be read. {state.problem}</span>
          <button type="button" className="button" onClick={() => void list.refresh()}>
            Try again
          </button>
        </div>
      )}
      {state.phase === 'loading' && <Skeleton />}
      {state.phase === 'ready' && state.items.length === 0 && (
        <p className="library__empty">No videos yet. What you upload shows up here.</p>
      )}
      {state.items.length > 0 && (
        <ul className="library__grid">
          {state.items.map((item) => (
            <VideoCard
              key={item.video.id}
              item={item}
              list={list}
              onDelete={setDeleting}
              onUploadAgain={onUploadAgain}
            />
          ))}
        </ul>
      )}
      {state.hasMore && (
        <button type="button" className="button library__more" disabled={isLoadingMore} onClick={() => void loadMore()}>
          {isLoadingMore ? 'Loading …' : 'Show older videos'}
        </button>
      )}
      {deleting !== undefined && (
        <DeleteDialog
          item={deleting}
          videos={videos}
          onClose={(isDeleted) => {
            setDeleting(undefined);
            // The pressed button disappeared with its card.
            if (isDeleted) requestAnimationFrame(() => heading.current?.focus());
          }}
        />
      )}
      <StatusAnnouncer items={state.items} />
    </section>
  );
}

export interface DeleteDialogProps {
  readonly item: VideoItem;
  readonly videos: Videos;
  readonly onClose: (isDeleted: boolean) => void;
}

export function DeleteDialog({ item, videos, onClose }: DeleteDialogProps): ReactElement {
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const confirm = async () => {
    setIsBusy(true);
    setProblem(undefined);
    try {
      await videos.list.remove(item.video.id);
      onClose(true);
    } catch (error) {
      setProblem(error instanceof UploadError ? `${error.message} ${error.action}` : 'That did not work. Try again.');
      setIsBusy(false);
    }
  };
  return (
    <ConfirmDialog
      title="Delete this video?"
      words={`“${titleOf(item.video)}” will be deleted permanently: the upload and all results.`}
      confirm="Delete"
      isBusy={isBusy}
      problem={problem}
      onConfirm={() => void confirm()}
      onClose={() => onClose(false)}
    />
  );
}

/** As high as a card, to avoid layout shifts. */
function Skeleton(): ReactElement {
  return (
    <div className="library__grid" role="status" aria-label="Loading your videos">
      {['first', 'second', 'third'].map((key) => (
        <div key={key} className="card panel card--skeleton" />
      ))}
    </div>
  );
}

/** Announces the end of a video to screen readers. */
function StatusAnnouncer({ items }: { readonly items: readonly VideoItem[] }): ReactElement {
  const before = useRef(new Map<string, string>());
  const [words, setWords] = useState('');
  useEffect(() => {
    const news = items.filter(({ video }) => {
      const earlier = before.current.get(video.id);
      return earlier !== undefined && earlier !== video.status && video.status !== 'processing';
    });
    before.current = new Map(items.map(({ video }) => [video.id, video.status]));
    if (news.length === 0) return;
    setWords(
      news
        .map(({ video }) => {
          const { status, detail } = describeVideo(video, undefined);
          return `${titleOf(video)}: ${status}.${detail === undefined ? '' : ` ${detail}`}`;
        })
        .join(' '),
    );
  }, [items]);
  return (
    <p className="hidden-heading" role="status">
      {words}
    </p>
  );
}
