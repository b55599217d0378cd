import { open } from 'node:fs/promises';
import { type Content, SNIFF_BYTES, sniffContent } from './sniff-content.ts';

/** Tells from a file's first 4100 bytes what it is. Throws what `open` throws. */
export async function sniffFile(path: string): Promise<Content> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
    return await sniffContent(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}
