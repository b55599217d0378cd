/** Numbers and names as people read them, beside those of `core/format`. */
import { formatBytes } from '@supabase-media/core/format';
import type { Video } from './contract.ts';

/** `4200000` → `4.20 MB/s`. */
export const formatSpeed = (bytesPerSecond: number): string => `${formatBytes(bytesPerSecond)}/s`;

/** Time that is left, as rough as it is known: `a few seconds left`, `40 s left`, `3 min left`, `1 h 20 min left`. */
export function formatTimeLeft(seconds: number): string {
  if (seconds < 5) return 'a few seconds left';
  if (seconds < 60) return `${Math.ceil(seconds / 5) * 5} s left`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${minutes} min left`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest === 0 ? '' : ` ${rest} min`} left`;
}

/** Length of a video: `0:07`, `12:34`, `1:02:03`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const pad = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
}

/** A video's title, as the person knows it. */
export const titleOf = ({ fileName, sourcePath }: Pick<Video, 'fileName' | 'sourcePath'>): string =>
  fileName ?? sourcePath.split('/').at(-1) ?? sourcePath;
