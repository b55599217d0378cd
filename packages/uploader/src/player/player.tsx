'use client';

/**
 * The player: HLS where the browser can, else the MP4; small pictures on the seek bar; room for captions. Loaded with
 * hls.js and media-chrome only when a video is opened.
 */
import {
  MediaControlBar,
  MediaController,
  MediaErrorDialog,
  MediaFullscreenButton,
  MediaLoadingIndicator,
  MediaMuteButton,
  MediaPipButton,
  MediaPlayButton,
  MediaTimeDisplay,
  MediaTimeRange,
  MediaVolumeRange,
} from 'media-chrome/react';
import { MediaCaptionsMenu, MediaCaptionsMenuButton } from 'media-chrome/react/menu';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import type { Uploader } from '../client/create-uploader.ts';
import type { Video } from '../contract.ts';
import { titleOf } from '../format.ts';
import { attachPlayback } from './attach-playback.ts';
import { loadStoryboard } from './load-storyboard.ts';
import { SpeedButton } from './speed-button.tsx';

/** A file of captions from elsewhere, beside those that are outputs of the video. */
export interface Captions {
  /** WebVTT; of another origin it must allow this one. */
  readonly url: string;
  readonly language: string;
  readonly label: string;
}

export interface PlayerProps {
  /** With addresses of its outputs. */
  readonly video: Video;
  readonly uploader: Uploader;
  readonly getToken: (options: { readonly refresh: boolean }) => Promise<string>;
  readonly captions?: readonly Captions[];
}

export function Player({ video, uploader, getToken, captions = [] }: PlayerProps): ReactElement {
  const media = useRef<HTMLVideoElement>(null);
  const [first] = useState(video);
  const thumbnails = useStoryboard(video);
  const hasCaptions = captions.length > 0 || first.outputs.some(({ kind }) => kind === 'captions');
  const poster = first.outputs.find(({ kind }) => kind === 'poster')?.url ?? undefined;
  useEffect(() => {
    if (media.current === null) return undefined;
    return attachPlayback({ element: media.current, video: first, videos: uploader.videos, getToken });
  }, [first, uploader, getToken]);
  return (
    <MediaController className="player" aria-label={`Player: ${titleOf(video)}`}>
      {/* biome-ignore lint/a11y/useMediaCaption: captions are given where there are some. */}
      <video slot="media" ref={media} crossOrigin="anonymous" playsInline preload="metadata" poster={poster}>
        {thumbnails !== undefined && <track default kind="metadata" label="thumbnails" src={thumbnails} />}
        {captions.map(({ url, language, label }) => (
          <track key={url} kind="captions" src={url} srcLang={language} label={label} />
        ))}
      </video>
      <MediaLoadingIndicator slot="centered-chrome" noAutohide />
      <MediaErrorDialog slot="dialog" aria-label="Playback problem" />
      <MediaControlBar className="player__seek">
        <MediaTimeRange />
      </MediaControlBar>
      <MediaControlBar className="player__bar">
        <MediaPlayButton />
        <MediaMuteButton />
        <MediaVolumeRange className="player__volume" />
        <MediaTimeDisplay showDuration noToggle />
        <span className="player__space" />
        {hasCaptions && <MediaCaptionsMenuButton />}
        <SpeedButton media={media} />
        <MediaPipButton className="player__pip" />
        <MediaFullscreenButton />
      </MediaControlBar>
      {hasCaptions && <MediaCaptionsMenu hidden anchor="auto" />}
    </MediaController>
  );
}

/** The address of the index of small pictures, once it is there. */
function useStoryboard(video: Video): string | undefined {
  const [url, setUrl] = useState<string>();
  const index = video.outputs.find(({ kind }) => kind === 'storyboard_index')?.url ?? undefined;
  const picture = video.outputs.find(({ kind }) => kind === 'storyboard')?.url ?? undefined;
  // Addresses are renewed with the video; what was loaded stays.
  const isThere = index !== undefined && picture !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a renewed address is the same picture.
  useEffect(() => {
    if (index === undefined || picture === undefined) return undefined;
    const stop = new AbortController();
    let release: (() => void) | undefined;
    loadStoryboard({ index, picture, signal: stop.signal }).then(
      (storyboard) => {
        release = storyboard.release;
        if (stop.signal.aborted) release();
        else setUrl(storyboard.url);
      },
      // Without it there is a seek bar without pictures.
      () => {},
    );
    return () => {
      stop.abort();
      release?.();
    };
  }, [isThere]);
  return url;
}
