/** What of a video element is shown beside media-chrome's own controls. */
import { type RefObject, useEffect, useState } from 'react';

/** The speed, and how to change it: the choice is shown at once, since the event of a busy browser may come late. */
export function useSpeed(media: RefObject<HTMLVideoElement | null>): [number, (next: number) => void] {
  const [speed, setSpeed] = useRead(media, 'ratechange', ({ playbackRate }) => playbackRate, 1);
  const choose = (next: number): void => {
    if (media.current === null) return;
    media.current.playbackRate = next;
    setSpeed(next);
  };
  return [speed, choose];
}

/** The whole second that is shown. */
export function useSecond(media: RefObject<HTMLVideoElement | null>): number {
  return useRead(media, 'timeupdate', ({ currentTime }) => Math.floor(currentTime), 0)[0];
}

function useRead(
  media: RefObject<HTMLVideoElement | null>,
  event: 'ratechange' | 'timeupdate',
  read: (element: HTMLVideoElement) => number,
  start: number,
): [number, (value: number) => void] {
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
  return [value, setValue];
}
