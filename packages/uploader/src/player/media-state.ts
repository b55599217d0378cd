/** What of a video element is shown beside media-chrome's own controls. */
import { type RefObject, useEffect, useState } from 'react';

export function useSpeed(media: RefObject<HTMLVideoElement | null>): number {
  return useRead(media, 'ratechange', ({ playbackRate }) => playbackRate, 1);
}

/** The whole second that is shown. */
export function useSecond(media: RefObject<HTMLVideoElement | null>): number {
  return useRead(media, 'timeupdate', ({ currentTime }) => Math.floor(currentTime), 0);
}

function useRead(
  media: RefObject<HTMLVideoElement | null>,
  event: 'ratechange' | 'timeupdate',
  read: (element: HTMLVideoElement) => number,
  start: number,
): number {
  const [value, setValue] = useState(start);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is read is the same at every render.
  useEffect(() => {
    const element = media.current;
    if (element === null) return undefined;
    const look = () => setValue(read(element));
    look();
    element.addEventListener(event, look);
    if (event === 'timeupdate') element.addEventListener('seeked', look);
    return () => {
      element.removeEventListener(event, look);
      element.removeEventListener('seeked', look);
    };
  }, [media, event]);
  return value;
}
