/** A file on disk as something to upload; it is read while it is sent. */
import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { UploadSource } from '../upload-source.ts';

/** @param type its declared type, as a browser would tell it. */
export async function openFileSource(path: string, { type = '' }: { type?: string } = {}): Promise<UploadSource> {
  const [blob, { mtimeMs }] = await Promise.all([openAsBlob(path), stat(path)]);
  return {
    name: basename(path),
    size: blob.size,
    type,
    lastModified: Math.floor(mtimeMs),
    createMd5: () => createHash('md5'),
    slice: (start, end) => blob.slice(start, end),
  };
}
