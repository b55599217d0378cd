/** A video's picture. Its address is asked for when the card comes into view. */

import type { Video } from '@supabase-media/uploader/contract';
import { formatDuration } from '@supabase-media/uploader/format';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { readMediaFacts } from './facts.ts';
import { useDetail } from './use-video-list.ts';
import type { VideoList } from './video-list.ts';

export function Poster({ video, list }: { readonly video: Video; readonly list: VideoList }): ReactElement {
  const [element, isSeen] = useSeen();
  const [brokenUrl, setBrokenUrl] = useState<string>();
  const detail = useDetail(list, video, isSeen);
  const url = detail?.outputs.find(({ kind }) => kind === 'poster')?.url ?? undefined;
  const { durationSeconds } = readMediaFacts(video, 'output');
  return (
    <span className="poster" ref={element}>
      {url === undefined || url === brokenUrl ? (
        <svg className="poster__none" viewBox="0 0 24 24" aria-hidden="true">
          <path d="M4.5 6h15v12h-15zM10.5 9.5v5l4-2.5z" />
        </svg>
      ) : (
        <img className="poster__image" src={url} alt="" decoding="async" onError={() => setBrokenUrl(url)} />
      )}
      {durationSeconds !== undefined && video.status === 'ready' && (
        <span className="poster__length">{formatDuration(durationSeconds)}</span>
      )}
    </span>
  );
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
