/** Waits until a video can be played: reads it, follows its job, reads it again at every step. */
import type { Uploader, VideoEvent } from '../client/create-uploader.ts';
import { UploadError } from '../client/upload-error.ts';
import type { Video } from '../contract.ts';

export type PlayableState =
  | { readonly phase: 'loading' }
  /** `percent`: of all steps. */
  | { readonly phase: 'waiting'; readonly video: Video; readonly percent: number }
  | { readonly phase: 'playable'; readonly video: Video }
  /** It ended, and there is nothing to play. */
  | { readonly phase: 'ended'; readonly video: Video }
  | { readonly phase: 'problem'; readonly error: UploadError };

const ENDS: ReadonlySet<Video['status']> = new Set(['ready', 'rejected', 'failed', 'canceled']);

const canPlay = ({ outputs, status }: Video): boolean =>
  (status === 'ready' || status === 'processing') && outputs.some(({ kind, url }) => kind === 'video' && url !== null);

export interface FollowOptions {
  readonly uploader: Pick<Uploader, 'videos' | 'watchVideo'>;
  readonly videoId: string;
  readonly signal: AbortSignal;
  readonly onState: (state: PlayableState) => void;
}

/** While nothing else says that there is something to play, the row is read again after this, in milliseconds. */
const LOOK_MS = 5000;

/** Ends when the video can be played or never will be, or when the signal ends it. The MP4 comes before the rest. */
export async function followVideo({ uploader, videoId, signal, onState }: FollowOptions): Promise<void> {
  const enough = new AbortController();
  let latest: Video | undefined;
  let lookedAt = 0;
  /** @returns whether there is nothing more to wait for. */
  const look = async (): Promise<boolean> => {
    lookedAt = Number.POSITIVE_INFINITY;
    const video = await uploader.videos.get(videoId, { signal });
    if (signal.aborted || enough.signal.aborted) return true;
    lookedAt = Date.now();
    latest = video;
    const phase = canPlay(video) ? 'playable' : ENDS.has(video.status) ? 'ended' : 'waiting';
    onState(phase === 'waiting' ? { phase, video, percent: video.progress } : { phase, video });
    return phase !== 'waiting';
  };
  const onEvent = (event: VideoEvent): void => {
    if (event.kind !== 'progress' || latest === undefined || signal.aborted || enough.signal.aborted) return;
    if (event.step === latest.step && Date.now() - lookedAt < LOOK_MS) {
      onState({ phase: 'waiting', video: latest, percent: event.percent });
      return;
    }
    // A failure is that of one look: the next event looks again.
    if (lookedAt !== Number.POSITIVE_INFINITY) {
      look().then(
        (isOver) => isOver && enough.abort(),
        () => (lookedAt = Date.now()),
      );
    }
  };
  try {
    if (await look()) return;
    await uploader.watchVideo(videoId, { signal: AbortSignal.any([signal, enough.signal]), onEvent });
    await look();
  } catch (error) {
    if (signal.aborted || enough.signal.aborted) return;
    onState({
      phase: 'problem',
      error: error instanceof UploadError ? error : new UploadError({ code: 'failed', cause: error }),
    });
  }
}
