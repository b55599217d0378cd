/** Formats numbers for people, the same way in logs, progress bars and errors. Sizes are decimal: 1 MB = 1000000 bytes. */

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** `1449927` → `1.45 MB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 1) return '0 B';
  const exponent = Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  const scaled = bytes / 1000 ** exponent;
  const digits = exponent === 0 ? 0 : scaled < 10 ? 2 : scaled < 100 ? 1 : 0;
  return `${scaled.toFixed(digits)} ${UNITS[exponent]}`;
}

/** Bytes over seconds → `165 MB/s`. */
export const formatRate = (bytes: number, seconds: number): string =>
  seconds <= 0 ? '-' : `${formatBytes(bytes / seconds)}/s`;

/** Seconds → `4.2 s`, `3 min 05 s`, `2 h 07 min`. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '-';
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  const pad = (value: number) => String(value).padStart(2, '0');
  if (minutes < 60) return `${minutes} min ${pad(Math.round(seconds) % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}
