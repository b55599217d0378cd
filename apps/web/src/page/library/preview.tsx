/** A short silent clip over a video's picture, while a pointer or the keyboard's focus is on its card. */

import { type FocusEvent, type PointerEvent, type ReactElement, useEffect, useRef, useState } from 'react';

/** A pointer that only passes over a card loads nothing. In milliseconds. */
const HOVER_DELAY_MS = 150;

/** Whether the clip should play, and what the card needs to tell. Never for people who asked for less motion. */
export function usePreviewWanted() {
  const [isHovered, setIsHovered] = useState(false);
  const [isFocused, setIsFocused] = useState(false);
  const [isWanted, setIsWanted] = useState(false);
  const isActive = isHovered || isFocused;
  useEffect(() => {
    if (!isActive || matchMedia('(prefers-reduced-motion: reduce)').matches) return undefined;
    const timer = setTimeout(() => setIsWanted(true), HOVER_DELAY_MS);
    return () => {
      clearTimeout(timer);
      setIsWanted(false);
    };
  }, [isActive]);
  const handlers = {
    // A finger does not hover: it opens the video.
    onPointerEnter: (event: PointerEvent) => setIsHovered(event.pointerType !== 'touch'),
    onPointerLeave: () => setIsHovered(false),
    onFocus: (event: FocusEvent) => setIsFocused(event.target.matches(':focus-visible')),
    onBlur: () => setIsFocused(false),
  };
  return [isWanted, handlers] as const;
}

/** Shown once it plays: until then, and when it cannot be played, what is behind it stays. */
export function Preview({ url }: { readonly url: string }): ReactElement {
  const element = useRef<HTMLVideoElement>(null);
  const [isPlaying, setIsPlaying] = useState(false);
  useEffect(() => {
    // Refused where a browser saves data or power, or when the clip cannot be loaded.
    element.current?.play().catch(() => {});
  }, []);
  return (
    <video
      ref={element}
      className="poster__image poster__preview"
      data-playing={isPlaying}
      src={url}
      muted
      loop
      playsInline
      disablePictureInPicture
      tabIndex={-1}
      aria-hidden="true"
      onPlaying={() => setIsPlaying(true)}
      onError={() => setIsPlaying(false)}
    />
  );
}
