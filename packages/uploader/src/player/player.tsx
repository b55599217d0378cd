'use client';

/**
 * The player of a video that can be played: HLS where the browser can, else the MP4; small pictures on the seek bar;
 * captions, quality, speed. Loaded with hls.js and media-chrome only when a video is opened.
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
import { type ReactElement, useCallback, useEffect, useId, useRef, useState } from 'react';
import type { Uploader } from '../client/create-uploader.ts';
import type { Video } from '../contract.ts';
import { titleOf } from '../format.ts';
import { attachPlayback } from './attach-playback.ts';
import type { PlayerAction } from './key-actions.ts';
import { loadStoryboard } from './load-storyboard.ts';
import { useSpeed } from './media-state.ts';
import { performAction } from './perform-action.ts';
import { SettingsPanel } from './settings-panel.tsx';
import { linkAt } from './start-time.ts';
import { type Keys, useKeys } from './use-keys.ts';
import { useQualities } from './use-qualities.ts';

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
  readonly captions: readonly Captions[];
  /** In seconds. */
  readonly startAt: number;
  /** undefined: no link is offered. */
  readonly shareUrl: string | undefined;
  readonly keys: Keys;
}

/** How long it is said what a key did, in milliseconds. */
const NOTE_MS = 1200;

/** After so many seconds without a movement the controls hide while it plays. */
const HIDE_SECONDS = 2;

export function Player({ video, uploader, captions, startAt, shareUrl, keys }: PlayerProps): ReactElement {
  const media = useRef<HTMLVideoElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const settings = useRef<HTMLButtonElement>(null);
  const [first] = useState({ video, startAt });
  const [qualities, quality] = useQualities();
  const [isOpen, setIsOpen] = useState(false);
  const [note, say] = useNote();
  const panelId = useId();
  const [speed, chooseSpeed] = useSpeed(media);
  const thumbnails = useStoryboard(video);
  const hasCaptions = captions.length > 0 || first.video.outputs.some(({ kind }) => kind === 'captions');
  const poster = first.video.outputs.find(({ kind }) => kind === 'poster')?.url ?? undefined;
  useEffect(() => {
    if (media.current === null) return undefined;
    return attachPlayback({ element: media.current, ...first, videos: uploader.videos, qualities });
  }, [first, uploader, qualities]);
  const act = (action: PlayerAction): void => {
    const controller = frame.current?.querySelector<HTMLElement>('media-controller');
    if (media.current && controller) say(performAction(controller, media.current, action));
  };
  useKeys(frame, keys, act);
  const close = (): void => {
    setIsOpen(false);
    settings.current?.focus();
  };
  return (
    <div ref={frame} className="video-player__media">
      <MediaController
        aria-label={`Player: ${titleOf(video)}`}
        noHotkeys
        autohide={String(isOpen ? -1 : HIDE_SECONDS)}
        className="video-player__controller"
      >
        {/* biome-ignore lint/a11y/useMediaCaption: captions are given where there are some. */}
        <video slot="media" ref={media} crossOrigin="anonymous" playsInline preload="metadata" poster={poster}>
          {thumbnails !== undefined && <track default kind="metadata" label="thumbnails" src={thumbnails} />}
          {captions.map(({ url, language, label }) => (
            <track key={url} kind="captions" src={url} srcLang={language} label={label} />
          ))}
        </video>
        <MediaLoadingIndicator slot="centered-chrome" noAutohide />
        <MediaErrorDialog slot="dialog" aria-label="Playback problem" />
        <p slot="top-chrome" role="status" className="video-player__note" {...{ noautohide: '' }}>
          {note}
        </p>
        {isOpen && (
          <SettingsPanel
            id={panelId}
            qualities={qualities}
            quality={quality}
            speed={speed}
            onSpeed={chooseSpeed}
            media={media}
            linkAt={shareUrl === undefined ? undefined : (at) => linkAt(shareUrl, at)}
            onCopied={() => {
              say('Link copied');
              close();
            }}
            onClose={close}
            onLeave={() => setIsOpen(false)}
            opener={settings}
          />
        )}
        <MediaControlBar className="video-player__seek">
          <MediaTimeRange />
        </MediaControlBar>
        <MediaControlBar className="video-player__bar">
          <MediaPlayButton />
          <MediaMuteButton />
          <MediaVolumeRange className="video-player__volume" />
          <MediaTimeDisplay showDuration noToggle className="video-player__time" />
          <span className="video-player__space" />
          {hasCaptions && <MediaCaptionsMenuButton />}
          <button
            ref={settings}
            type="button"
            className="video-player__settings"
            aria-label="Settings"
            aria-expanded={isOpen}
            aria-controls={isOpen ? panelId : undefined}
            onClick={() => setIsOpen(!isOpen)}
          >
            <svg viewBox="0 0 24 24" aria-hidden="true">
              <path d="M4 7h7m6 0h3M4 17h3m6 0h7" />
              <circle cx="14" cy="7" r="2.5" />
              <circle cx="10" cy="17" r="2.5" />
            </svg>
          </button>
          <MediaPipButton className="video-player__pip" />
          <MediaFullscreenButton />
        </MediaControlBar>
        {hasCaptions && <MediaCaptionsMenu hidden anchor="auto" />}
      </MediaController>
    </div>
  );
}

/** Words that go by themselves. */
function useNote(): readonly [string, (words: string) => void] {
  const [note, setNote] = useState({ words: '' });
  useEffect(() => {
    if (note.words === '') return undefined;
    const timer = setTimeout(() => setNote({ words: '' }), NOTE_MS);
    return () => clearTimeout(timer);
  }, [note]);
  const say = useCallback((words: string) => setNote({ words }), []);
  return [note.words, say];
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
