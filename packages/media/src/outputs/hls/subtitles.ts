/** Captions as renditions of an HLS stream: one WebVTT segment as long as the video (RFC 8216, sections 3.5 and 4.3.4.1). */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { CaptionTrack } from '../captions/track-name.ts';
import type { LocalOutput } from '../output.ts';
import { PLAYLIST_NAME } from './command.ts';

const SEGMENT_NAME = 'captions.vtt';

/** One rendition: its folder beside the master playlist, and its files by their names in there. */
export interface SubtitleRendition extends CaptionTrack {
  readonly name: string;
  readonly files: { readonly segment: string; readonly playlist: string };
}

export interface SubtitleSource extends CaptionTrack {
  /** `en.vtt` */
  readonly fileName: string;
  readonly vtt: string;
  /** Of the video. */
  readonly durationSeconds: number;
}

/** The rendition of a file of captions. Its times count from the start of the stream. */
export function renderSubtitles({ fileName, vtt, durationSeconds, ...track }: SubtitleSource): SubtitleRendition {
  const playlist = [
    ...['#EXTM3U', '#EXT-X-VERSION:7', `#EXT-X-TARGETDURATION:${Math.ceil(durationSeconds)}`],
    ...['#EXT-X-PLAYLIST-TYPE:VOD', `#EXTINF:${durationSeconds.toFixed(3)},`, SEGMENT_NAME, '#EXT-X-ENDLIST', ''],
  ].join('\n');
  const segment = vtt.replace('WEBVTT', 'WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000');
  return { ...track, name: `captions-${fileName.replace(/\.vtt$/, '')}`, files: { segment, playlist } };
}

/** The same renditions as files, in a folder each. */
export const subtitleFiles = ({ name, files }: SubtitleRendition) => [
  { name: `${name}/${SEGMENT_NAME}`, text: files.segment },
  { name: `${name}/${PLAYLIST_NAME}`, text: files.playlist },
];

/** Writes a rendition for each of the captions among the outputs so far into the folder of a stream. */
export async function writeSubtitles(
  folder: string,
  outputs: readonly LocalOutput[],
  durationSeconds: number,
): Promise<SubtitleRendition[]> {
  const renditions: SubtitleRendition[] = [];
  for (const { kind, path, language, label, disposition } of outputs) {
    if (kind !== 'captions' || language === undefined || label === undefined) continue;
    const vtt = await readFile(path, 'utf8');
    const rendition = renderSubtitles({ fileName: basename(path), vtt, durationSeconds, language, label, disposition });
    await mkdir(join(folder, rendition.name), { recursive: true });
    for (const { name, text } of subtitleFiles(rendition)) await writeFile(join(folder, name), text);
    renditions.push(rendition);
  }
  return renditions;
}

/** Names renditions in a master playlist of ours; one that it names already is replaced. Pure. */
export function nameSubtitles(
  master: string,
  renditions: readonly Pick<SubtitleRendition, 'name' | keyof CaptionTrack>[],
): string {
  if (renditions.length === 0) return master;
  const media = renditions.map(({ name, language, label, disposition }) =>
    [
      `#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subs",NAME="${label}",LANGUAGE="${language}"`,
      `DEFAULT=${disposition === 'default' ? 'YES' : 'NO'},AUTOSELECT=YES,FORCED=${disposition === 'forced' ? 'YES' : 'NO'}`,
      `URI="${name}/${PLAYLIST_NAME}"`,
    ].join(','),
  );
  const lines = master
    .split('\n')
    .filter((line) => !renditions.some(({ name }) => line.includes(`URI="${name}/${PLAYLIST_NAME}"`)))
    .map((line) =>
      line.startsWith('#EXT-X-STREAM-INF:') && !line.includes(',SUBTITLES=') ? `${line},SUBTITLES="subs"` : line,
    );
  const first = lines.findIndex((line) => line.startsWith('#EXT-X-STREAM-INF:'));
  return lines.toSpliced(first, 0, ...media).join('\n');
}
