/** Reads one rendition that ffmpeg wrote: its playlist, what its segments weigh, and when their frames are shown. */
import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReadAt } from '../../ffmpeg/mp4-boxes.ts';
import { PLAYLIST_NAME } from './command.ts';
import { type FragmentTimes, readFragmentTimes, readTrackClock } from './fragment-times.ts';
import { endPlaylist, readMediaPlaylist, type SegmentPlace, type StoredSegment, whyNotWhole } from './playlist.ts';

export interface MediaSegment extends StoredSegment {
  readonly seconds: number;
  readonly times: FragmentTimes;
}

export interface HlsRendition {
  /** Its folder: `720p`, `audio`. */
  readonly name: string;
  readonly init: StoredSegment;
  readonly segments: readonly MediaSegment[];
  /** What the segments are stored in: one file of all, or one of each. */
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  readonly playlistBytes: number;
  readonly durationSeconds: number;
  /** Of the fullest segment and of all, in bits per second, as BANDWIDTH counts them (RFC 8216 section 4.3.4.2). */
  readonly peakRate: number;
  readonly averageRate: number;
}

/** No honest playlist of 900 segments is larger. */
const MAX_PLAYLIST_BYTES = 1_000_000;

/** Reads a rendition from its folder; a sentence when something of it is missing or odd. */
export async function readRendition(folder: string, name: string): Promise<HlsRendition | string> {
  const playlistPath = join(folder, name, PLAYLIST_NAME);
  const playlistBytes = await sizeOf(playlistPath);
  if (playlistBytes === 0 || playlistBytes > MAX_PLAYLIST_BYTES) return `${name} has no playlist`;
  const playlist = readMediaPlaylist(await readFile(playlistPath, 'utf8'));
  if (typeof playlist === 'string') return `the playlist of ${name} is wrong: ${playlist}`;
  const sizes = new Map<string, number>();
  for (const file of [playlist.init, ...playlist.segments]) {
    const bytes = sizes.get(file.name) ?? (await sizeOf(join(folder, name, file.name)));
    if (bytes === 0) return `${name}/${file.name} is missing or empty`;
    sizes.set(file.name, bytes);
  }
  const place = ({ name: file, range }: SegmentPlace): StoredSegment => ({
    name: file,
    ...(range ?? { offset: 0, bytes: sizes.get(file) ?? 0 }),
  });
  const init = place(playlist.init);
  const stored = playlist.segments.map((segment) => ({ ...place(segment), seconds: segment.seconds }));
  const unnamed = whyNotWhole([init, ...stored], sizes);
  if (unnamed !== undefined) return `${name}/${unnamed}`;
  const clock = await reading(join(folder, name), init, (readAt) => readTrackClock(readAt, init.bytes));
  if (clock === undefined) return `${name}/${init.name} has no clock`;
  const segments: MediaSegment[] = [];
  for (const [index, segment] of stored.entries()) {
    const times = await reading(join(folder, name), segment, (readAt) =>
      readFragmentTimes(readAt, segment.bytes, clock),
    );
    if (times === undefined) return `segment ${index} of ${name} has no frames that can be read`;
    segments.push({ ...segment, times });
  }
  const durationSeconds = segments.reduce((sum, { seconds }) => sum + seconds, 0);
  return {
    name,
    init,
    segments,
    files: [...sizes].map(([file, bytes]) => ({ name: file, bytes })),
    playlistBytes,
    durationSeconds,
    peakRate: Math.max(...segments.map(({ bytes, seconds }) => (bytes * 8) / seconds)),
    averageRate: (segments.reduce((sum, { bytes }) => sum + bytes, 0) * 8) / durationSeconds,
  };
}

/** Writes into the playlist of a picture when it ends. What cannot be read is for {@link readRendition} to say later. */
export async function endRendition(folder: string, name: string): Promise<void> {
  const rendition = await readRendition(folder, name);
  if (typeof rendition === 'string') return;
  const path = join(folder, name, PLAYLIST_NAME);
  const text = await readFile(path, 'utf8');
  await writeFile(path, endPlaylist(text, rendition.segments.at(-1)?.times.endSeconds ?? 0));
}

/** Reads from a segment; positions count from its start. */
async function reading<T>(
  folder: string,
  { name, offset, bytes }: StoredSegment,
  read: (readAt: ReadAt) => Promise<T>,
): Promise<T> {
  const file = await open(join(folder, name), 'r');
  try {
    return await read(async (position, length) => {
      const most = Math.max(0, Math.min(length, bytes - position));
      const { bytesRead, buffer } = await file.read(Buffer.alloc(most), 0, most, offset + position);
      return buffer.subarray(0, bytesRead);
    });
  } finally {
    await file.close();
  }
}

/** 0 for a file that is not there. */
async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}
