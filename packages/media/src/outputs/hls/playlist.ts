/** Reads the media playlists that ffmpeg writes, and writes the master playlist, which it cannot (RFC 8216). Pure. */
import type { FrameSize } from '../../plan/frame-size.ts';

export interface MediaPlaylist {
  /** The initialization segment, from EXT-X-MAP: ffmpeg renames it when it makes several renditions. */
  readonly initName: string;
  readonly segments: readonly { readonly name: string; readonly seconds: number }[];
}

/** A name beside the playlist: no folder, no address. */
const PLAIN_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** Reads a finished media playlist; a sentence when it is not one that we would publish. */
export function readMediaPlaylist(text: string): MediaPlaylist | string {
  const lines = text.split('\n').map((line) => line.trim());
  if (lines[0] !== '#EXTM3U') return 'it is no playlist';
  if (!lines.includes('#EXT-X-ENDLIST')) return 'it has no end';
  const initName = /^#EXT-X-MAP:URI="([^"]*)"/m.exec(text)?.[1] ?? '';
  const segments: { name: string; seconds: number }[] = [];
  let seconds: number | undefined;
  for (const line of lines) {
    if (line.startsWith('#EXTINF:')) seconds = Number.parseFloat(line.slice('#EXTINF:'.length));
    if (line === '' || line.startsWith('#')) continue;
    if (seconds === undefined || !(seconds > 0)) return `${line} has no duration`;
    segments.push({ name: line, seconds });
    seconds = undefined;
  }
  const strange = [initName, ...segments.map((segment) => segment.name)].find((name) => !PLAIN_NAME.test(name));
  if (strange !== undefined) return `it names "${strange}"`;
  return segments.length === 0 ? 'it has no segment' : { initName, segments };
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
