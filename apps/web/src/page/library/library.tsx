/** The user's videos, and what is on its way to become one. */
import type { UploadRecord } from '@supabase-media/uploader';
import { titleOf } from '@supabase-media/uploader/format';
import type { UploadAction } from '@supabase-media/uploader/react/describe-upload';
import type { UploadItem } from '@supabase-media/uploader/react/upload-list';
import type { UndoState } from '@supabase-media/uploader/react/use-undo-list';
import { type ReactElement, useEffect, useMemo, useRef, useState } from 'react';
import { type Arrangement, arrangeEntries, SEARCH_FROM } from './arrange-entries.ts';
import { deleteWithUndo } from './delete-with-undo.ts';
import { describeVideo } from './describe-video.ts';
import { mergeEntries } from './entry.ts';
import { focusCard, focusNextCard } from './focus-card.ts';
import { LibraryTools } from './library-tools.tsx';
import { Skeleton } from './skeleton.tsx';
import type { Videos } from './use-video-list.ts';
import { VideoCard } from './video-card.tsx';
import type { VideoItem } from './video-item.ts';

export interface LibraryProps {
  readonly videos: Videos;
  readonly uploads: readonly UploadItem[];
  readonly elsewhere: readonly UploadRecord[];
  readonly undo: UndoState['list'];
  readonly onUploadAction: (action: UploadAction, item: UploadItem) => void;
  readonly onUploadAgain: () => void;
}

const AS_IT_COMES: Arrangement = { search: '', order: 'newest' };

export function Library(props: LibraryProps): ReactElement {
  const { videos, uploads, elsewhere, undo } = props;
  const { list, state } = videos;
  const [isLoadingMore, setIsLoadingMore] = useState(false);
  const [arrangement, setArrangement] = useState(AS_IT_COMES);
  const [said, setSaid] = useState('');
  const entries = useMemo(
    () => mergeEntries({ uploads, elsewhere, videos: state.items, aside: state.hidden }),
    [uploads, elsewhere, state.items, state.hidden],
  );
  const shown = useMemo(() => arrangeEntries(entries, arrangement), [entries, arrangement]);
  const loadMore = async (how: 'loadMore' | 'loadAll') => {
    setIsLoadingMore(true);
    await list[how]().catch(() => {});
    setIsLoadingMore(false);
  };
  const arrange = (next: Arrangement): void => {
    setArrangement(next);
    // What was not read cannot be found.
    if (state.hasMore && !isLoadingMore) void loadMore('loadAll');
  };
  const isArranged = arrangement.search !== '' || arrangement.order !== 'newest';
  const remove = ({ video }: VideoItem, key: string): void => {
    focusNextCard(key);
    deleteWithUndo(list, undo, video, () => focusCard(key));
  };
  return (
    <section className="library" aria-labelledby="library-title">
      <div className="library__head">
        <h2 id="library-title" tabIndex={-1}>
          Library
        </h2>
        {(entries.length >= SEARCH_FROM || isArranged) && <LibraryTools arrangement={arrangement} onChange={arrange} />}
      </div>
      {state.problem !== undefined && (
        <div className="notice notice--problem" role="alert">
          <span>The videos could not be read, trying again … {state.problem}</span>
        </div>
      )}
      {state.phase === 'loading' && entries.length === 0 && <Skeleton />}
      {state.phase === 'ready' && entries.length === 0 && (
        <p className="library__empty">No videos yet. What you upload shows up here.</p>
      )}
      {entries.length > 0 && shown.length === 0 && (
        <p className="library__empty" role="status">
          {isLoadingMore ? 'Looking through your older videos …' : `No video is called “${arrangement.search}”.`}
        </p>
      )}
      {shown.length > 0 && (
        <ul className="library__grid">
          {shown.map((entry) => (
            <VideoCard
              key={entry.key}
              entry={entry}
              list={list}
              onUploadAction={props.onUploadAction}
              onDelete={(item) => remove(item, entry.key)}
              onUploadAgain={props.onUploadAgain}
              onSay={setSaid}
            />
          ))}
        </ul>
      )}
      {state.hasMore && (
        <button
          type="button"
          className="button library__more"
          disabled={isLoadingMore}
          onClick={() => void loadMore('loadMore')}
        >
          {isLoadingMore ? 'Loading …' : 'Show older videos'}
        </button>
      )}
      <p className="hidden-heading" role="status">
        {said}
      </p>
      <StatusAnnouncer items={state.items} />
    </section>
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
