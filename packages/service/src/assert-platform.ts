/** Where the programs run: what they do with signals, groups of processes and files is that of POSIX. */
import { MediaError } from '@supabase-media/core/errors';

/**
 * Call it before anything else: on Windows the first thing that fails would say less.
 *
 * @throws {MediaError} `platform_unsupported`.
 */
export function assertPlatform(platform: NodeJS.Platform = process.platform): void {
  if (platform === 'win32')
    throw new MediaError({ code: 'platform_unsupported', message: 'Windows is not supported; WSL on it is.' });
}
