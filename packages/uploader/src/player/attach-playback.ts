/**
 * Gives a video element its stream: HLS through hls.js where the browser has Media Source Extensions, else, or when HLS
 * fails for good, the MP4. Addresses end after an hour or so; they are renewed before that, and playing goes on.
 */
import Hls from 'hls.js';
import type { VideosApi } from '../client/videos-api.ts';
import type { Video } from '../contract.ts';
import { createLoaders } from './hls-loaders.ts';
import { listQualities, type Qualities } from './qualities.ts';
import { showCaptions } from './show-captions.ts';
import { createAddressBook } from './signed-url-cache.ts';

export interface PlaybackOptions {
  readonly element: HTMLVideoElement;
  /** With addresses of its outputs. */
  readonly video: Video;
  readonly videos: Pick<VideosApi, 'get' | 'masterPlaylistUrl' | 'readPlaylist'>;
  /** Where it begins, in seconds. */
  readonly startAt: number;
  /** Told of the heights that the stream has. */
  readonly qualities: Qualities;
}

/** Returns what ends it. */
export function attachPlayback(options: PlaybackOptions): () => void {
  const hasHls = options.video.outputs.some(({ kind }) => kind === 'hls');
  if (!hasHls || !Hls.isSupported()) return attachFile(options, options.startAt);
  return attachStream(options);
}

/** After so many failures that were mended, the MP4 is played instead. */
const MEND_MAX = 3;

function attachStream(options: PlaybackOptions): () => void {
  const { element, video, videos, qualities, startAt } = options;
  const stop = new AbortController();
  const readPlaylist = videos.readPlaylist;
  const book = createAddressBook({ now: Date.now, read: (url) => readPlaylist(url, { signal: stop.signal }) });
  const hls = new Hls({
    ...createLoaders({ book, readPlaylist }),
    startPosition: startAt,
    // Of what is chosen by itself; a person may ask for more.
    capLevelToPlayerSize: true,
    maxBufferLength: 30,
    // Those in the picture would be offered twice where the worker made tracks of them.
    enableCEA708Captions: !video.outputs.some(({ kind }) => kind === 'captions'),
  });
  let detach = (): void => hls.destroy();
  let mended = 0;
  let isChosen = false;
  hls.on(Hls.Events.MANIFEST_PARSED, () => {
    qualities.offer(listQualities(hls.levels), (id) => {
      isChosen = true;
      // At once, not when what is buffered has been played: somebody waits for it.
      hls.currentLevel = id ?? -1;
    });
  });
  hls.on(Hls.Events.FRAG_BUFFERED, (_event, { frag }) => {
    if (!isChosen || frag.type !== 'main') return;
    isChosen = false;
    // A paused video keeps its old picture until it is asked for the moment again.
    if (element.paused) element.currentTime = Number(element.currentTime);
  });
  hls.on(Hls.Events.LEVEL_SWITCHED, (_event, { level }) => qualities.showPlaying(level));
  hls.on(Hls.Events.ERROR, (_event, data) => {
    if (!data.fatal) return;
    mended++;
    if (mended <= MEND_MAX && data.type === Hls.ErrorTypes.MEDIA_ERROR) return hls.recoverMediaError();
    if (mended <= MEND_MAX && data.type === Hls.ErrorTypes.NETWORK_ERROR && hls.levels.length > 0)
      return hls.startLoad();
    // Before anything was shown its clock is at 0, wherever it should have begun.
    const at = element.readyState > 0 ? element.currentTime : startAt;
    hls.destroy();
    qualities.offer([], () => {});
    detach = attachFile(options, at);
    return undefined;
  });
  hls.loadSource(videos.masterPlaylistUrl(video.id));
  hls.attachMedia(element);
  return () => {
    stop.abort();
    qualities.offer([], () => {});
    detach();
  };
}

/** Addresses are renewed when they have no longer than this to live, in milliseconds. */
const RENEW_MS = 60_000;

function attachFile({ element, video, videos }: PlaybackOptions, from: number): () => void {
  const stop = new AbortController();
  let expiresAt = 0;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const use = (detail: Video, at: number): void => {
    const url = detail.outputs.find(({ kind }) => kind === 'video')?.url;
    if (!url) return;
    expiresAt = detail.urlExpiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(detail.urlExpiresAt);
    const isPlaying = !element.paused;
    element.src = url;
    showCaptions(element, detail.outputs);
    if (at > 0) element.currentTime = at;
    if (isPlaying) void element.play().catch(() => {});
    clearTimeout(timer);
    if (Number.isFinite(expiresAt))
      timer = setTimeout(renewWhilePaused, Math.max(0, expiresAt - Date.now() - RENEW_MS));
  };
  const renew = async (): Promise<void> => {
    const at = element.currentTime;
    await videos.get(video.id, { signal: stop.signal }).then(
      (detail) => use(detail, at),
      () => {},
    );
  };
  /** A new address interrupts the picture: while it plays, what is buffered plays on, and the next gap renews it. */
  const renewWhilePaused = (): void => {
    if (element.paused) void renew();
    else element.addEventListener('pause', () => void renew(), { once: true, signal: stop.signal });
  };
  element.addEventListener(
    'error',
    () => {
      failures++;
      if (failures <= MEND_MAX) void renew();
    },
    { signal: stop.signal },
  );
  element.addEventListener(
    'playing',
    () => {
      failures = 0;
    },
    { signal: stop.signal },
  );
  use(video, from);
  return () => {
    stop.abort();
    clearTimeout(timer);
    showCaptions(element, []);
    element.removeAttribute('src');
    element.load();
  };
}
