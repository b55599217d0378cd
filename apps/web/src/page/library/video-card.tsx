/** One card of the library: an upload, and the video that it becomes. */
import { titleOf } from '@supabase-media/uploader/format';
import type { UploadAction } from '@supabase-media/uploader/react/describe-upload';
import type { IconName } from '@supabase-media/uploader/react/icons';
import type { UploadItem } from '@supabase-media/uploader/react/upload-list';
import { type CSSProperties, type ReactElement, useRef, useState } from 'react';
import { Link } from '../link.tsx';
import { nameOf } from './arrange-entries.ts';
import { CardMenu } from './card-menu.tsx';
import { type CardView, describeEntry } from './describe-entry.ts';
import { isPlayable, type VideoAction } from './describe-video.ts';
import type { Entry } from './entry.ts';
import { lengthOf, Poster } from './poster.tsx';
import { usePreviewWanted } from './preview.tsx';
import { RenameForm } from './rename-form.tsx';
import { copyLink, linkOf, saveVideo } from './share-video.ts';
import { UploadButtons } from './upload-buttons.tsx';
import type { VideoItem } from './video-item.ts';
import type { VideoList } from './video-list.ts';
import { wordsOf } from './words-of.ts';

const MENU: Readonly<Record<VideoAction, { readonly words: string; readonly icon: IconName }>> = {
  rename: { words: 'Rename', icon: 'rename' },
  copy_link: { words: 'Copy link', icon: 'link' },
  download: { words: 'Download', icon: 'download' },
  cancel: { words: 'Stop converting', icon: 'stop' },
  retry: { words: 'Try again', icon: 'retry' },
  upload_again: { words: 'Upload again', icon: 'upload' },
  delete: { words: 'Delete', icon: 'delete' },
};

export interface VideoCardProps {
  readonly entry: Entry;
  readonly list: VideoList;
  readonly onUploadAction: (action: UploadAction, item: UploadItem) => void;
  readonly onDelete: (item: VideoItem) => void;
  readonly onUploadAgain: () => void;
  /** Said to whoever cannot see that something was done. */
  readonly onSay: (words: string) => void;
}

export function VideoCard(props: VideoCardProps): ReactElement {
  const { entry, list } = props;
  const { item, upload } = entry;
  const card = useRef<HTMLLIElement>(null);
  const [isRenaming, setIsRenaming] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [note, setNote] = useState<string>();
  const [isPreviewWanted, previewHandlers] = usePreviewWanted();
  const view = describeEntry(entry);
  const title = nameOf(entry);
  const video = item?.video;
  const detail = problem ?? item?.problem ?? note ?? view.detail ?? formatDate(video?.createdAt);
  const isProblem = problem !== undefined || item?.problem !== undefined || view.tone === 'problem';

  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setProblem(undefined);
    setNote(undefined);
    await work().catch((error: unknown) => setProblem(wordsOf(error)));
  };
  const say = (words: string): void => {
    setNote(words);
    props.onSay(`${title}: ${words}`);
  };
  const copy = (id: string): Promise<void> =>
    copyLink(id).then(
      () => say('Link copied'),
      () => setNote(`Copy it by hand: ${linkOf(id)}`),
    );
  const act = (action: VideoAction): void => {
    if (item === undefined) return;
    const { id } = item.video;
    if (action === 'rename') setIsRenaming(true);
    else if (action === 'delete') props.onDelete(item);
    else if (action === 'upload_again') props.onUploadAgain();
    else if (action === 'download') void attempt(() => saveVideo(list, item.video));
    else if (action === 'copy_link') void attempt(() => copy(id));
    else void attempt(() => list[action](id));
  };
  const endRename = ({
    title: named,
    byKey,
  }: {
    readonly title: string | undefined;
    readonly byKey: boolean;
  }): void => {
    setIsRenaming(false);
    if (byKey) requestAnimationFrame(() => card.current?.querySelector<HTMLElement>('.card__more')?.focus());
    if (named !== undefined && video !== undefined) void attempt(() => list.rename(video.id, named));
  };
  return (
    <li
      ref={card}
      className="card panel"
      data-key={entry.key}
      data-tone={view.tone}
      data-status={video?.status ?? 'uploading'}
      data-upload={upload?.state.name}
      {...previewHandlers}
    >
      <div className="card__picture">
        <Picture entry={entry} list={list} isPreviewWanted={isPreviewWanted} />
        {upload !== undefined && item === undefined && view.uploadActions.length > 0 && (
          <UploadButtons item={upload} actions={view.uploadActions} onAction={props.onUploadAction} />
        )}
        {view.next !== undefined && <Next action={view.next} title={title} onChoose={act} />}
        {view.percent !== undefined && <Meter view={view} percent={view.percent} title={title} />}
      </div>
      <div className="card__body">
        <div className="card__head">
          {isRenaming && video !== undefined ? (
            <RenameForm title={title} onEnd={endRename} />
          ) : (
            <h3 className="card__title" title={title}>
              {video !== undefined && isPlayable(video) ? (
                <Link to={{ view: 'video', videoId: video.id }} aria-label={`Watch ${title}`} tabIndex={-1}>
                  {title}
                </Link>
              ) : (
                title
              )}
            </h3>
          )}
          {view.actions.length > 0 && (
            <CardMenu
              title={title}
              items={view.actions.map((action) => ({
                ...MENU[action],
                isDangerous: action === 'delete',
                onChoose: () => act(action),
              }))}
            />
          )}
        </div>
        <p className="card__status">
          <span className="card__word">{view.status}</span>
          {view.timeLeft !== '' && <span>{view.timeLeft}</span>}
        </p>
        <p className="card__detail" data-problem={isProblem || undefined} title={isProblem ? undefined : detail}>
          {detail}
        </p>
      </div>
    </li>
  );
}

interface PictureProps {
  readonly entry: Entry;
  readonly list: VideoList;
  readonly isPreviewWanted: boolean;
}

/** The way to a video that can be watched; else the place where its picture will be. */
function Picture({ entry: { item }, list, isPreviewWanted }: PictureProps): ReactElement {
  if (item === undefined) return <span className="poster" />;
  const { video } = item;
  const poster = <Poster video={video} list={list} isPreviewWanted={isPreviewWanted} />;
  if (!isPlayable(video)) return poster;
  // With what is written on the picture, so that whoever says what they see is understood.
  const label = [`Watch ${titleOf(video)} now`, lengthOf(video)].filter(Boolean).join(', ');
  return (
    <Link to={{ view: 'video', videoId: video.id }} className="card__link" aria-label={label}>
      {poster}
      <span className="card__play" aria-hidden="true">
        <svg viewBox="0 0 24 24" width="28" height="28" fill="currentColor" aria-hidden="true">
          <path d="M8 5.5v13l10.5-6.5z" />
        </svg>
      </span>
    </Link>
  );
}

interface NextProps {
  readonly action: NonNullable<CardView['next']>;
  readonly title: string;
  readonly onChoose: (action: VideoAction) => void;
}

function Next({ action, title, onChoose }: NextProps): ReactElement {
  const { words } = MENU[action];
  return (
    <div className="card__controls">
      <button
        type="button"
        className="button card__control"
        aria-label={`${words}: ${title}`}
        onClick={() => onChoose(action)}
      >
        {words}
      </button>
    </div>
  );
}

interface MeterProps {
  readonly view: CardView;
  readonly percent: number | 'unknown';
  readonly title: string;
}

function Meter({ view, percent, title }: MeterProps): ReactElement {
  const isUnknown = percent === 'unknown';
  return (
    <div
      className="meter"
      role="progressbar"
      aria-label={`Progress of ${title}`}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(!isUnknown && { 'aria-valuenow': Math.round(percent) })}
      aria-valuetext={[view.status, view.timeLeft].filter(Boolean).join(', ')}
      data-unknown={isUnknown || undefined}
      style={{ '--done': isUnknown ? 1 : percent / 100 } as CSSProperties}
    >
      <span />
    </div>
  );
}

/** `21 Nov, 18:30`, as the reader's language writes it. */
function formatDate(time: string | undefined): string {
  if (time === undefined) return '';
  return new Date(time).toLocaleString(undefined, {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });
}
