/** Which subtitles of a source become captions. Pure. */
import type { MediaInfo, SubtitleInfo } from './media-info.ts';

/** What ffmpeg reads as text, by its names; other subtitles are pictures (DVD, Blu-ray, DVB) or teletext. */
const TEXT_CODECS: ReadonlySet<string | undefined> = new Set([
  'ass',
  'eia_608',
  'mov_text',
  'ssa',
  'subrip',
  'text',
  'webvtt',
]);

/** More than any menu shows. */
export const MAX_TRACKS = 16;

export const isTextCodec = (codec: string | undefined): boolean => TEXT_CODECS.has(codec);

export const listTextTracks = ({ subtitles }: Pick<MediaInfo, 'subtitles'>): readonly SubtitleInfo[] =>
  subtitles.filter(({ codec }) => isTextCodec(codec)).slice(0, MAX_TRACKS);
