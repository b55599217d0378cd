/** Reads the facts that the worker recorded about a video; another version may have written them. Pure. */
import type { Video } from '@supabase-media/uploader/contract';

/** The facts that are shown. */
export interface MediaFacts {
  readonly videoCodec: string | undefined;
  readonly audioCodec: string | undefined;
  /** In pixels, as a viewer sees it. */
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly durationSeconds: number | undefined;
}

export interface Reason {
  readonly code: string;
  readonly detail: string;
}

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** @param which `input`: what was uploaded; `output`: what is played. */
export function readMediaFacts(video: Pick<Video, 'facts'>, which: 'input' | 'output'): MediaFacts {
  const facts = objectOf(video.facts[which]);
  return {
    videoCodec: textOf(facts.videoCodec),
    audioCodec: textOf(facts.audioCodec),
    width: numberOf(facts.width),
    height: numberOf(facts.height),
    durationSeconds: numberOf(facts.durationSeconds),
  };
}

/** `reasons`: why it was copied or encoded; `warnings`: what may look or sound different. */
export function readReasons(video: Pick<Video, 'facts'>, which: 'reasons' | 'warnings'): readonly Reason[] {
  const list = video.facts[which];
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry) => {
    const { code, detail } = objectOf(entry);
    return typeof code === 'string' && typeof detail === 'string' ? { code, detail } : [];
  });
}

const CODEC_NAMES: Readonly<Record<string, string>> = {
  aac: 'AAC',
  ac3: 'AC-3',
  av1: 'AV1',
  dnxhd: 'DNxHD',
  eac3: 'E-AC-3',
  flac: 'FLAC',
  h263: 'H.263',
  h264: 'H.264',
  hevc: 'HEVC',
  mjpeg: 'Motion JPEG',
  mp3: 'MP3',
  mpeg2video: 'MPEG-2',
  mpeg4: 'MPEG-4',
  opus: 'Opus',
  prores: 'ProRes',
  vorbis: 'Vorbis',
  vp8: 'VP8',
  vp9: 'VP9',
};

/** The usual spelling: `hevc` → `HEVC`. */
export function codecName(codec: string): string {
  if (codec.startsWith('pcm_')) return 'PCM';
  if (/^rv\d/.test(codec)) return 'RealVideo';
  return CODEC_NAMES[codec] ?? codec;
}
