/** Writes and changes the boxes of small MP4 files, for what ffmpeg does not write. */

import { box, contentOf, FILE_TYPE, movieIndex, uint32 } from '@supabase-media/test-support/mp4-index';

/** A clean aperture in whole pixels: its size, and how far its middle is right of and below that of the picture. */
export const clap = (width: number, height: number, right = 0, down = 0): Buffer =>
  box('clap', uint32(width, 1, height, 1, right, 1, down, 1));

const PATH_TO_ENTRY = ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd', 'avc1'];

/** A copy whose first track's sample description has another box at its end. The index must stand behind the media. */
export function withInEntry(file: Buffer, extra: Buffer): Buffer {
  const starts = PATH_TO_ENTRY.map((type) => file.indexOf(type, file.indexOf('moov')) - 4);
  const entry = starts.at(-1) ?? 0;
  const end = entry + file.readUInt32BE(entry);
  const changed = Buffer.concat([file.subarray(0, end), extra, file.subarray(end)]);
  for (const start of starts) changed.writeUInt32BE(file.readUInt32BE(start) + extra.length, start);
  return changed;
}

/**
 * Two silent files of ten frames a second and without reordered frames as one track of two sample descriptions, as QuickTime
 * joins them: nothing in the packets tells that the second part is another picture.
 */
export function joinWithTwoDescriptions(files: readonly [Buffer, Buffer]): Buffer {
  const parts = files.map((file) => ({
    entry: contentOf(file, 'stsd').subarray(8),
    sizes: numbersOf(contentOf(file, 'stsz').subarray(12)),
    keys: numbersOf(contentOf(file, 'stss').subarray(8)),
    media: contentOf(file, 'mdat'),
  }));
  const [first, second] = parts as [(typeof parts)[0], (typeof parts)[0]];
  const sizes = [...first.sizes, ...second.sizes];
  const offsets = sizes.map((_, i) => FILE_TYPE.length + 8 + sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
  const keys = [...first.keys, ...second.keys.map((key) => key + first.sizes.length)];
  const index = movieIndex({
    entries: [first.entry, second.entry],
    tables: [
      box('stts', uint32(0, 1, sizes.length, 100)),
      box('stss', uint32(0, keys.length, ...keys)),
      box('stsc', uint32(0, 2, 1, 1, 1, first.sizes.length + 1, 1, 2)),
      box('stsz', uint32(0, 0, sizes.length, ...sizes)),
      box('stco', uint32(0, sizes.length, ...offsets)),
    ],
    duration: sizes.length * 100,
    width: 160,
    height: 90,
  });
  const mdat = box(
    'mdat',
    ...parts.map((part) =>
      part.media.subarray(
        0,
        part.sizes.reduce((sum, size) => sum + size, 0),
      ),
    ),
  );
  return Buffer.concat([FILE_TYPE, mdat, index]);
}

const numbersOf = (bytes: Buffer): number[] =>
  Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32BE(i * 4));
