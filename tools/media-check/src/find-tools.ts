/** The ffmpegs that a command line asks for. */
import { dirname, join } from 'node:path';
import { locateTools } from '@supabase-media/media/locate-tools';
import type { MediaTools } from '@supabase-media/media/tools';

/**
 * `path`: the one on the PATH; `npm`: that of the packages; `all`: both, as far as they are there; else the path of a
 * program with its ffprobe beside it.
 *
 * @throws {MediaError} `ffmpeg_missing`
 */
export async function findTools(choice: string): Promise<MediaTools[]> {
  if (choice === 'path') return [await locateTools({ useNpmBinaries: false })];
  if (choice === 'npm') return [await locateTools({ searchPath: '' })];
  if (choice !== 'all') {
    return [await locateTools({ ffmpegPath: choice, ffprobePath: join(dirname(choice), 'ffprobe') })];
  }
  const found = await Promise.allSettled([locateTools({ useNpmBinaries: false }), locateTools({ searchPath: '' })]);
  const tools = found.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  return tools.length > 0 ? tools : [await locateTools()];
}
