/** Reads one rendition that ffmpeg wrote: its playlist, and what its segments weigh. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PLAYLIST_NAME } from './command.ts';
import { readMediaPlaylist } from './playlist.ts';

export interface SegmentFile {
  readonly name: string;
  readonly seconds: number;
  readonly bytes: number;
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
  const initBytes = await sizeOf(join(folder, name, playlist.initName));
  const segments: SegmentFile[] = [];
  for (const segment of playlist.segments) {
    segments.push({ ...segment, bytes: await sizeOf(join(folder, name, segment.name)) });
  }
  const missing = [{ name: playlist.initName, bytes: initBytes }, ...segments].find(({ bytes }) => bytes === 0);
  if (missing !== undefined) return `${name}/${missing.name} is missing or empty`;
  const durationSeconds = segments.reduce((sum, { seconds }) => sum + seconds, 0);
  return {
    name,
    initName: playlist.initName,
    initBytes,
    playlistBytes,
    segments,
    durationSeconds,
    peakRate: Math.max(...segments.map(({ bytes, seconds }) => (bytes * 8) / seconds)),
    averageRate: (segments.reduce((sum, { bytes }) => sum + bytes, 0) * 8) / durationSeconds,
  };
}

/** 0 for a file that is not there. */
async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}
