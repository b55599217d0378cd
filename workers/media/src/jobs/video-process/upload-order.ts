/** In which order files are published: whoever finds a manifest must find all that it names. Pure. */
import type { LocalFile } from '@supabase-media/media/steps/local-output';

/** The wave a file goes in: what names nothing, what names those, the master playlist, what names everything. */
function waveOf({ name }: LocalFile): number {
  if (name === 'info.json') return 3;
  if (name === 'hls/master.m3u8') return 2;
  return /\.(m3u8|vtt)$/.test(name) ? 1 : 0;
}

/** Files that may go at the same time, wave after wave. */
export function orderUploads(files: readonly LocalFile[]): LocalFile[][] {
  return [0, 1, 2, 3].map((wave) => files.filter((file) => waveOf(file) === wave)).filter((wave) => wave.length > 0);
}
