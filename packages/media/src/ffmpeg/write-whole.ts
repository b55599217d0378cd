/** Files and folders that exist only when they are whole and verified. */
import { rename, rm } from 'node:fs/promises';
import { MediaError } from '@supabase-media/core/errors';
import { lastLines } from './stderr-lines.ts';

/**
 * Has something written to `<path>.partial`, and gives it its name when `write` is done with it. What an earlier try left
 * is replaced; after a failure nothing is left.
 *
 * @param write makes and verifies; what it throws is thrown.
 */
export async function writeWhole<T>(path: string, write: (partial: string) => Promise<T>): Promise<T> {
  const partial = `${path}.partial`;
  try {
    await rm(partial, { recursive: true, force: true });
    const value = await write(partial);
    await rm(path, { recursive: true, force: true });
    await rename(partial, path);
    return value;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** @param what the subject of a sentence: `The storyboard`. */
export const invalidOutput = (what: string, why: string, stderrTail = ''): MediaError =>
  new MediaError({
    code: 'output_invalid',
    message: `${what} was not published: ${why}.`,
    details: { stderr: lastLines(stderrTail) },
  });
