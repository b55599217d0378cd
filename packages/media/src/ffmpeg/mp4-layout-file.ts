import { open } from 'node:fs/promises';
import type { Mp4Layout } from '../plan/media-info.ts';
import { type CleanAperture, readCleanApertures } from './clean-aperture.ts';
import { countDeclared, type DeclaredIndex } from './declared-index.ts';
import { type ReadAt, readMp4Layout } from './mp4-boxes.ts';

/** Reads a file's box layout: a few reads of 16 bytes, however large it is. */
export function readLayoutOfFile(path: string, sizeBytes: number): Promise<Mp4Layout | undefined> {
  return withFile(path, (readAt) => readMp4Layout(readAt, sizeBytes));
}

/** What a file's index declares, without reading it. */
export function countDeclaredOfFile(path: string, sizeBytes: number): Promise<DeclaredIndex> {
  return withFile(path, (readAt) => countDeclared(readAt, sizeBytes));
}

/** The apertures of a file's tracks, by the number of the track. */
export function readAperturesOfFile(path: string, sizeBytes: number): Promise<ReadonlyMap<number, CleanAperture>> {
  return withFile(path, (readAt) => readCleanApertures(readAt, sizeBytes));
}

/** Has a file read at places of its own choosing; closed when `work` has ended. */
export async function withFile<T>(path: string, work: (readAt: ReadAt) => Promise<T>): Promise<T> {
  const file = await open(path, 'r');
  try {
    return await work(async (position, length) => {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
      return buffer.subarray(0, bytesRead);
    });
  } finally {
    await file.close();
  }
}
