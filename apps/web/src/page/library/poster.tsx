/** A video's picture, and its preview when that is wanted. Their addresses are asked for when the card comes into view. */

import type { Video } from '@supabase-media/uploader/contract';
import { formatDuration } from '@supabase-media/uploader/format';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { readMediaFacts } from './facts.ts';
import { Preview } from './preview.tsx';
import { useDetail } from './use-video-list.ts';
import type { VideoList } from './video-list.ts';

export interface PosterProps {
  readonly video: Video;
  readonly list: VideoList;
  readonly isPreviewWanted: boolean;
}

export function Poster({ video, list, isPreviewWanted }: PosterProps): ReactElement {
  const [element, isSeen] = useSeen();
  const [brokenUrl, setBrokenUrl] = useState<string>();
  const detail = useDetail(list, video, isSeen);
  const urlOf = (wanted: string) => detail?.outputs.find(({ kind }) => kind === wanted)?.url ?? undefined;
  const url = urlOf('poster');
  const previewUrl = urlOf('preview');
  const length = lengthOf(video);
  return (
    <span className="poster" ref={element}>
      {url === undefined || url === brokenUrl ? (
        <svg className="poster__none" viewBox="0 0 24 24" aria-hidden="true">
          <path d="M4.5 6h15v12h-15zM10.5 9.5v5l4-2.5z" />
        </svg>
      ) : (
        <img className="poster__image" src={url} alt="" decoding="async" onError={() => setBrokenUrl(url)} />
      )}
      {isPreviewWanted && previewUrl !== undefined && <Preview url={previewUrl} />}
      {length !== undefined && <span className="poster__length">{length}</span>}
    </span>
  );
}

/** The length that is written on the picture of a finished video. */
export function lengthOf(video: Video): string | undefined {
  const { durationSeconds } = readMediaFacts(video, 'output');
  return durationSeconds === undefined || video.status !== 'ready' ? undefined : formatDuration(durationSeconds);
}

/** True from the moment on that the element was near the screen. */
function useSeen() {
  const element = useRef<HTMLSpanElement>(null);
  const [isSeen, setIsSeen] = useState(false);
  useEffect(() => {
    if (element.current === null) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        setIsSeen(true);
        observer.disconnect();
      },
      { rootMargin: '300px' },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [element, isSeen] as const;
}
