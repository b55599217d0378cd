/** Reads the media playlists that ffmpeg writes, and writes the master playlist, which it cannot (RFC 8216). Pure. */
import type { FrameSize } from '../../plan/frame-size.ts';

export interface MediaPlaylist {
  /** The initialization segment, from EXT-X-MAP: ffmpeg renames it when it makes several renditions. */
  readonly init: SegmentPlace;
  readonly segments: readonly (SegmentPlace & { readonly seconds: number })[];
}

/** Where a segment is stored. */
export interface SegmentPlace {
  /** Of the file, beside the playlist. */
  readonly name: string;
  /** The part of the file that it is, in bytes; `undefined` for all of it. */
  readonly range: ByteRange | undefined;
}

export interface ByteRange {
  readonly offset: number;
  readonly bytes: number;
}

/** A segment on disk. */
export interface StoredSegment extends ByteRange {
  /** Of its file. */
  readonly name: string;
}

/** A name beside the playlist: no folder, no address. */
const PLAIN_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** Reads a finished media playlist; a sentence when it is not one that we would publish. */
export function readMediaPlaylist(text: string): MediaPlaylist | string {
  const lines = text.split('\n').map((line) => line.trim());
  if (lines[0] !== '#EXTM3U') return 'it is no playlist';
  if (!lines.includes('#EXT-X-ENDLIST')) return 'it has no end';
  const [, initName = '', initRange] = /^#EXT-X-MAP:URI="([^"]*)"(?:,BYTERANGE="([^"]*)")?/m.exec(text) ?? [];
  const init = { name: initName, range: readRange(initRange) };
  const segments: (SegmentPlace & { seconds: number })[] = [];
  let seconds: number | undefined;
  let range: ByteRange | undefined;
  for (const line of lines) {
    if (line.startsWith('#EXTINF:')) seconds = Number.parseFloat(line.slice('#EXTINF:'.length));
    if (line.startsWith(BYTE_RANGE)) range = readRange(line.slice(BYTE_RANGE.length));
    if (line === '' || line.startsWith('#')) continue;
    if (seconds === undefined || !(seconds > 0)) return `${line} has no duration`;
    segments.push({ name: line, range, seconds });
    seconds = undefined;
    range = undefined;
  }
  const strange = [init, ...segments].find(({ name }) => !PLAIN_NAME.test(name));
  if (strange !== undefined) return `it names "${strange.name}"`;
  return segments.length === 0 ? 'it has no segment' : { init, segments };
}

const BYTE_RANGE = '#EXT-X-BYTERANGE:';

/** `1200@800`. ffmpeg writes each one's start, which the RFC lets be left out where it is where the one before ended. */
function readRange(text: string | undefined): ByteRange | undefined {
  const [, bytes, offset] = /^(\d{1,15})@(\d{1,15})$/.exec(text ?? '') ?? [];
  return offset === undefined ? undefined : { offset: Number(offset), bytes: Number(bytes) };
}

/**
 * Why files are not exactly what the places of segments in them say; `undefined` when they are. A player asks for the bytes that a playlist names: one more or less, and what it gets is no segment.
 *
 * @param sizes of the files, in bytes.
 */
export function whyNotWhole(parts: readonly StoredSegment[], sizes: ReadonlyMap<string, number>): string | undefined {
  const ends = new Map<string, number>();
  for (const { name, offset, bytes } of parts) {
    if (offset !== (ends.get(name) ?? 0)) return `${name} has a segment at ${offset}, not at ${ends.get(name) ?? 0}`;
    ends.set(name, offset + bytes);
  }
  const wrong = [...sizes].find(([name, size]) => ends.get(name) !== size);
  return wrong && `${wrong[0]} has ${wrong[1]} bytes, and its playlist names ${ends.get(wrong[0]) ?? 0}`;
}

/**
 * A media playlist whose last segment ends when its last frame does: ffmpeg adds the length of the first frame of all, a
 * second where that was held so long. Unchanged where that is longer than segments may be.
 *
 * @param endSeconds of the last frame, from the start of the playlist on.
 */
export function endPlaylist(text: string, endSeconds: number): string {
  const durations = [...text.matchAll(/^#EXTINF:([\d.]+)/gm)];
  const last = durations.at(-1);
  const before = durations.slice(0, -1).reduce((sum, [, seconds]) => sum + Number(seconds), 0);
  const target = Number(/^#EXT-X-TARGETDURATION:(\d+)/m.exec(text)?.[1] ?? 0);
  const seconds = endSeconds - before;
  if (last === undefined || seconds <= 0 || Math.round(seconds) > target) return text;
  const at = last.index + '#EXTINF:'.length;
  return text.slice(0, at) + seconds.toFixed(6) + text.slice(at + (last[1]?.length ?? 0));
}

/** One rendition as the master playlist tells of it. */
export interface MasterRendition {
  /** From the master playlist. */
  readonly uri: string;
  /** RFC 6381, e.g. `avc1.640028`. */
  readonly codec: string;
  /** Of the fullest segment and of all together, in bits per second. */
  readonly peakRate: number;
  readonly averageRate: number;
}

export interface MasterVideo extends MasterRendition, FrameSize {
  readonly fps: number | undefined;
}

export interface MasterAudio extends MasterRendition {
  readonly channels: number;
}

/** The audio is a rendition of its own, shared by all rungs: it is neither stored nor loaded twice. */
export function renderMasterPlaylist(videos: readonly MasterVideo[], audio: MasterAudio | undefined): string {
  const group =
    audio === undefined
      ? []
      : [
          `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="${audio.channels}",URI="${audio.uri}"`,
        ];
  const streams = videos.flatMap((video) => {
    const attributes = [
      `BANDWIDTH=${Math.ceil(video.peakRate + (audio?.peakRate ?? 0))}`,
      `AVERAGE-BANDWIDTH=${Math.ceil(video.averageRate + (audio?.averageRate ?? 0))}`,
      `RESOLUTION=${video.width}x${video.height}`,
      ...(video.fps === undefined ? [] : [`FRAME-RATE=${video.fps.toFixed(3)}`]),
      `CODECS="${[video.codec, ...(audio === undefined ? [] : [audio.codec])].join(',')}"`,
      ...(audio === undefined ? [] : ['AUDIO="audio"']),
    ];
    return [`#EXT-X-STREAM-INF:${attributes.join(',')}`, video.uri];
  });
  return `${['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS', ...group, ...streams].join('\n')}\n`;
}
