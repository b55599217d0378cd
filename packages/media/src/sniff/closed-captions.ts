/** Finds closed captions in the picture without decoding any: ffprobe's `closed_captions` was 0 where frames had them (5.1 and 7.0). */
import { open } from 'node:fs/promises';

/** The mark of caption data among the user data of a frame (ATSC A/53 part 4, table 6.7: identifier, type 3). */
export const CAPTION_MARK = Buffer.from('GA94\x03', 'latin1');

/** Whoever sends captions sends them, or their absence, with every frame: they are there soon or not at all. */
const READ_BYTES = 16_000_000;
const CHUNK_BYTES = 1_000_000;

/**
 * Looks for the mark in the first 16 MB, about 5 ms of work. In a transport stream a packet may end within one, so that a
 * single frame proves nothing; of many, nearly all are whole. Throws what opening the file throws.
 */
export async function carriesClosedCaptions(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES + CAPTION_MARK.length);
    for (let at = 0; at < READ_BYTES; at += CHUNK_BYTES) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
      if (chunk.subarray(0, bytesRead).includes(CAPTION_MARK)) return true;
      if (bytesRead < chunk.length) return false;
    }
    return false;
  } finally {
    await file.close();
  }
}
