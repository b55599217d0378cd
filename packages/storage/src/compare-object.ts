/** Reads an object back and compares it, byte for byte, with the file that it was made from. */
import { type FileHandle, open } from 'node:fs/promises';
import { MediaError } from '@supabase-media/core/errors';
import { type ReadObjectOptions, readObject } from './read-object.ts';
import type { SourceFile } from './source-file.ts';

/**
 * Compares an object with a file. A piece of each is held at a time; a connection that breaks is resumed.
 *
 * @returns `upload_mismatch`, naming the first byte that differs; undefined where none does.
 * @throws {MediaError} as {@link readObject}; `file_changed`.
 */
export async function compareObject(
  file: SourceFile,
  options: Omit<ReadObjectOptions, 'action'>,
): Promise<MediaError | undefined> {
  const place = `${options.bucket}/${options.path}`;
  const handle = await open(file.path, 'r');
  let own = Buffer.allocUnsafe(64 * 1024);
  const mismatch = (what: string) =>
    new MediaError({ code: 'upload_mismatch', message: `Storage holds ${what} at ${place} than were sent.` });
  try {
    const { size } = await readObject(
      // Reading on would not mend it; whether to send again is for who sends.
      { ...options, action: `Reading back ${place}`, isFinal: ({ code }) => code === 'upload_mismatch' },
      {
        begin: (bytes) => {
          if (bytes !== file.size) throw mismatch(`${bytes} bytes, others`);
        },
        write: async (chunk, position) => {
          if (own.length < chunk.length) own = Buffer.allocUnsafe(chunk.length);
          const sent = own.subarray(0, chunk.length);
          await readFully(handle, sent, position, file);
          if (!sent.equals(chunk)) throw mismatch(`other bytes from ${position + firstDifference(sent, chunk)} on`);
        },
        restart: () => {},
      },
    );
    return size === file.size ? undefined : mismatch(`${size} bytes, others`);
  } catch (error) {
    if (error instanceof MediaError && error.code === 'upload_mismatch') return error;
    throw error;
  } finally {
    await handle.close();
  }
}

async function readFully(handle: FileHandle, into: Buffer, position: number, file: SourceFile): Promise<void> {
  for (let filled = 0; filled < into.length; ) {
    const { bytesRead } = await handle.read(into, filled, into.length - filled, position + filled);
    if (bytesRead === 0)
      throw new MediaError({
        code: 'file_changed',
        message: `${file.path} has ${position + filled} bytes now; ${file.size} were sent.`,
      });
    filled += bytesRead;
  }
}

const firstDifference = (one: Uint8Array, other: Uint8Array): number =>
  one.findIndex((byte, index) => byte !== other[index]);
