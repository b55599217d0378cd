/** A verified stream as one output: all its files, the master playlist first, and its facts for `info.json`. Pure. */
import { dirname, extname, join } from 'node:path';
import { type LocalFile, type LocalOutput, type OutputFile, roundSeconds } from '../output.ts';
import { PLAYLIST_NAME } from './command.ts';
import type { Ladder } from './ladder.ts';
import type { HlsRendition } from './rendition.ts';
import { type SubtitleRendition, subtitleFiles } from './subtitles.ts';
import type { VerifiedHls } from './verify.ts';

/** A stream on disk. */
export interface HlsStream extends VerifiedHls {
  readonly subtitles: readonly SubtitleRendition[];
  readonly ladder: Ladder;
  readonly masterBytes: number;
}

export interface DescribeStreamOptions {
  readonly stream: HlsStream;
  readonly outDir: string;
  readonly files: Readonly<Record<'master' | 'playlist' | 'stream' | 'segment' | 'captions', OutputFile>>;
}

export function describeStream({ stream, outDir, files }: DescribeStreamOptions): LocalOutput {
  const { master, playlist, stream: whole, segment } = files;
  const describe = ({ contentType }: OutputFile, name: string, bytes: number): LocalFile => ({
    path: join(outDir, name),
    name,
    contentType,
    bytes,
  });
  const filesOf = (rendition: HlsRendition) => {
    const inFolder = (name: string) => playlist.name.replace('*', rendition.name).replace(PLAYLIST_NAME, name);
    return [
      describe(playlist, inFolder(PLAYLIST_NAME), rendition.playlistBytes),
      ...rendition.files.map(({ name, bytes }) =>
        describe(extname(name) === extname(segment.name) ? segment : whole, inFolder(name), bytes),
      ),
    ];
  };
  const masterFile = describe(master, master.name, stream.masterBytes);
  const renditions = [...stream.videos, ...(stream.audio === undefined ? [] : [stream.audio])];
  const folder = dirname(master.name);
  const captionFiles = stream.subtitles.flatMap(subtitleFiles).map(({ name, text }) => {
    const type = name.endsWith('.vtt') ? files.captions : playlist;
    return describe(type, `${folder}/${name}`, Buffer.byteLength(text));
  });
  const parts = [masterFile, ...renditions.flatMap(filesOf), ...captionFiles];
  const [top] = stream.videos;
  return {
    kind: 'hls',
    ...masterFile,
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    parts,
    width: top?.rung.width,
    height: top?.rung.height,
    durationSeconds: top && roundSeconds(top.durationSeconds),
    facts: factsOf(stream),
  };
}

function factsOf({ videos, audio, subtitles, ladder }: HlsStream): Record<string, unknown> {
  return {
    segmentSeconds: ladder.segmentSeconds,
    topRungEncodedBecause: ladder.whyNotCopied,
    soundEncodedBecause: ladder.whyAudioEncoded,
    rungs: videos.map(({ rung, codec, peakRate, averageRate, segments }) => ({
      name: rung.name,
      width: rung.width,
      height: rung.height,
      video: rung.video,
      codec,
      peakBitRate: Math.round(peakRate),
      averageBitRate: Math.round(averageRate),
      segments: segments.length,
    })),
    captions: subtitles.length > 0 ? subtitles.map(({ name }) => name) : undefined,
    audio: audio && { segments: audio.segments.length, averageBitRate: Math.round(audio.averageRate) },
  };
}
