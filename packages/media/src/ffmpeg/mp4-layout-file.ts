import { open } from 'node:fs/promises';
import type { Mp4Layout } from '../plan/media-info.ts';
import { readMp4Layout } from './mp4-boxes.ts';

/** Reads a file's box layout: a few reads of 16 bytes, however large it is. */
export async function readLayoutOfFile(path: string, sizeBytes: number): Promise<Mp4Layout | undefined> {
  const file = await open(path, 'r');
  try {
    return await readMp4Layout(async (position, length) => {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
      return buffer.subarray(0, bytesRead);
    }, sizeBytes);
  } finally {
    await file.close();
  }
}
