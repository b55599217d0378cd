/** Reads one rendition that ffmpeg wrote: its playlist, what its segments weigh, and when their frames are shown. */
import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReadAt } from '../../ffmpeg/mp4-boxes.ts';
import { PLAYLIST_NAME } from './command.ts';
import { type FragmentTimes, readFragmentTimes, readTrackClock } from './fragment-times.ts';
import { endPlaylist, readMediaPlaylist } from './playlist.ts';

export interface SegmentFile {
  readonly name: string;
  readonly seconds: number;
  readonly bytes: number;
  readonly times: FragmentTimes;
}

export interface HlsRendition {
  /** Its folder: `720p`, `audio`. */
  readonly name: string;
  readonly initName: string;
  readonly initBytes: number;
  readonly playlistBytes: number;
  readonly segments: readonly SegmentFile[];
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
  const { initName } = playlist;
  const initBytes = await sizeOf(join(folder, name, initName));
  if (initBytes === 0) return `${name}/${initName} is missing or empty`;
  const clock = await reading(join(folder, name, initName), (readAt) => readTrackClock(readAt, initBytes));
  if (clock === undefined) return `${name}/${initName} has no clock`;
  const segments: SegmentFile[] = [];
  for (const segment of playlist.segments) {
    const path = join(folder, name, segment.name);
    const bytes = await sizeOf(path);
    if (bytes === 0) return `${name}/${segment.name} is missing or empty`;
    const times = await reading(path, (readAt) => readFragmentTimes(readAt, bytes, clock));
    if (times === undefined) return `${name}/${segment.name} has no frames that can be read`;
    segments.push({ ...segment, bytes, times });
  }
  const durationSeconds = segments.reduce((sum, { seconds }) => sum + seconds, 0);
  return {
    name,
    initName,
    initBytes,
    playlistBytes,
    segments,
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

/** Reads parts of a file. */
async function reading<T>(path: string, read: (readAt: ReadAt) => Promise<T>): Promise<T> {
  const file = await open(path, 'r');
  try {
    return await read(async (position, length) => {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
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
