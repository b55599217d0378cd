/** How fast the video plays. media-chrome's own button says other words than it shows, which confuses voice control. */
import { type ReactElement, type RefObject, useEffect, useState } from 'react';

/** Each press takes the next. */
const SPEEDS: readonly number[] = [1, 1.25, 1.5, 2, 0.75];

export function SpeedButton({ media }: { readonly media: RefObject<HTMLVideoElement | null> }): ReactElement {
  const [speed, setSpeed] = useState(1);
  useEffect(() => {
    const element = media.current;
    const read = () => setSpeed(element?.playbackRate ?? 1);
    element?.addEventListener('ratechange', read);
    return () => element?.removeEventListener('ratechange', read);
  }, [media]);
  const next = () => {
    const at = SPEEDS.indexOf(speed);
    if (media.current !== null) media.current.playbackRate = SPEEDS[(at + 1) % SPEEDS.length] ?? 1;
  };
  return (
    <button type="button" className="player__speed" aria-label={`Speed ${speed}×`} onClick={next}>
      {speed}×
    </button>
  );
}
