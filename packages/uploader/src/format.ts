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

/** Bytes in a limit are counted in powers of two, and called by the names of powers of ten: 2 GB, as on the packaging. */
const LIMIT_UNITS = [
  ['GB', 1024 ** 3],
  ['MB', 1024 ** 2],
] as const;

/** A limit in the units people know: 2147483648 → `2 GB`. One that is no round number of them is written as sizes are. */
export function formatLimit(bytes: number): string {
  for (const [unit, size] of LIMIT_UNITS) if (bytes >= size && bytes % size === 0) return `${bytes / size} ${unit}`;
  return formatBytes(bytes);
}

/** A video's title, as the person knows it. */
export const titleOf = ({ title, fileName, sourcePath }: Pick<Video, 'title' | 'fileName' | 'sourcePath'>): string =>
  title ?? fileName ?? sourcePath.split('/').at(-1) ?? sourcePath;

/** The name under which a video is saved: its title with the ending that the file has. */
export function downloadNameOf(video: Pick<Video, 'title' | 'fileName' | 'sourcePath'>): string {
  const title = titleOf(video);
  return /\.mp4$/i.test(title) ? title : `${title.replace(/\.[A-Za-z0-9]{2,4}$/, '')}.mp4`;
}
