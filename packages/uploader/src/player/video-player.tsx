'use client';

/**
 * `<VideoPlayer>`, exported as `@supabase-media/uploader/player`: waits until a video can be played, and plays it.
 *
 *     import { VideoPlayer } from '@supabase-media/uploader/player';
 *     import '@supabase-media/uploader/player/style.css';
 *
 *     <VideoPlayer videoId={videoId} uploader={uploader} />
 *
 * May be rendered on a server. What plays (hls.js, media-chrome) is loaded in the browser, when there is something to play.
 */
import { type ComponentType, type CSSProperties, type ReactElement, useEffect, useState } from 'react';
import type { Uploader } from '../client/create-uploader.ts';
import type { Video } from '../contract.ts';
import { describeState } from './describe-state.ts';
import { followVideo, type PlayableState } from './follow-video.ts';
import type { Captions, PlayerProps } from './player.tsx';
import { readStartTime } from './start-time.ts';
import type { Keys } from './use-keys.ts';

export type { Captions } from './player.tsx';

export interface VideoPlayerProps {
  readonly videoId: string;
  /** From `createUploader`; make it once. */
  readonly uploader: Uploader;
  /** Beside those that are outputs of the video. */
  readonly captions?: readonly Captions[] | undefined;
  /** Where it begins, in seconds; what the page's address says (`?t=83`, `#t=1:23`) unless given. */
  readonly startAt?: number | undefined;
  /** Where others watch it, for "Copy link at 1:23"; the page's own address unless given, none for `null`. */
  readonly shareUrl?: string | null | undefined;
  /** Whose the keys are (space, k, j, l, f, m, c, arrows, 0 to 9): the whole `page`'s unless given. See `use-keys.ts`. */
  readonly keys?: Keys | undefined;
  /** Width by height, where it is known before the video is; else 16:9 until then. */
  readonly aspectRatio?: number | undefined;
  /** Beside `video-player`, the class that carries its custom properties. */
  readonly className?: string | undefined;
}

/** See the head of this file. Needs the stylesheet `@supabase-media/uploader/player/style.css`. */
export function VideoPlayer(props: VideoPlayerProps): ReactElement {
  // Another video is another player: nothing of the last one is left.
  return <OneVideo key={props.videoId} {...props} />;
}

function OneVideo({ videoId, uploader, aspectRatio, className, ...rest }: VideoPlayerProps): ReactElement {
  const [attempt, setAttempt] = useState(0);
  const state = useVideo(uploader, videoId, attempt);
  const style = {
    '--video-player-ratio': state.phase === 'playable' ? ratioOf(state.video, aspectRatio) : aspectRatio,
  } as CSSProperties;
  return (
    <div className={['video-player', className].filter(Boolean).join(' ')} style={style}>
      {state.phase === 'playable' ? (
        <Playing video={state.video} uploader={uploader} {...rest} />
      ) : (
        <Message {...describeState(state)} action="Try again" onAction={() => setAttempt(attempt + 1)} />
      )}
    </div>
  );
}

function useVideo(uploader: Uploader, videoId: string, attempt: number): PlayableState {
  const [state, setState] = useState<PlayableState>({ phase: 'loading' });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt looks again.
  useEffect(() => {
    const stop = new AbortController();
    setState({ phase: 'loading' });
    void followVideo({ uploader, videoId, signal: stop.signal, onState: setState });
    return () => stop.abort();
  }, [uploader, videoId, attempt]);
  return state;
}

/** As the picture is seen, which may be turned in its file. */
function ratioOf({ outputs }: Video, known: number | undefined): number | undefined {
  const { width, height } = outputs.find(({ kind }) => kind === 'video') ?? {};
  return width && height ? width / height : known;
}

function Playing(
  props: Pick<VideoPlayerProps, 'uploader' | 'captions' | 'startAt' | 'shareUrl' | 'keys'> & { readonly video: Video },
): ReactElement {
  const [Player, setPlayer] = useState<ComponentType<PlayerProps>>();
  const [isBroken, setIsBroken] = useState(false);
  useEffect(() => {
    let isOver = false;
    import('./player.tsx').then(
      (loaded) => isOver || setPlayer(() => loaded.Player),
      () => isOver || setIsBroken(true),
    );
    return () => {
      isOver = true;
    };
  }, []);
  if (isBroken)
    return (
      <Message
        title="The player cannot be loaded"
        detail="There may be a newer version of this page, or no connection."
        isProblem
        action="Load the page again"
        onAction={() => location.reload()}
      />
    );
  if (Player === undefined) return <Message title="Loading the player" detail="" isProblem={false} />;
  const {
    video,
    uploader,
    captions = [],
    startAt = readStartTime(location.href) ?? 0,
    shareUrl,
    keys = 'page',
  } = props;
  return (
    <Player
      video={video}
      uploader={uploader}
      captions={captions}
      startAt={startAt}
      shareUrl={shareUrl === null ? undefined : (shareUrl ?? location.href)}
      keys={keys}
    />
  );
}

interface MessageProps {
  readonly title: string;
  readonly detail: string;
  readonly isProblem: boolean;
  readonly action?: string;
  readonly onAction?: () => void;
}

function Message({ title, detail, isProblem, action, onAction }: MessageProps): ReactElement {
  return (
    <div className="video-player__message" role={isProblem ? 'alert' : 'status'}>
      <p className="video-player__title">{title}</p>
      {detail !== '' && <p>{detail}</p>}
      {isProblem && action !== undefined && (
        <button type="button" className="video-player__button" onClick={onAction}>
          {action}
        </button>
      )}
    </div>
  );
}
