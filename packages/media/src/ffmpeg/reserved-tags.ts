/**
 * Colour tags whose value the standards reserve (ITU-T H.273): some encoders write them. libx264 does not start with
 * one, and filters of ffmpeg 7 refuse frames with such a matrix ("Invalid color range") before any filter can drop it.
 * A file without the tag is as true. Pure.
 */
import type { VideoInfo } from '../plan/media-info.ts';

type Tag = 'primaries' | 'transfer' | 'space';

/** How the bitstream filters of a codec call the three tags (ffmpeg-bitstream-filters); 2 means unspecified. */
const H273_NAMES = {
  primaries: 'colour_primaries=2',
  transfer: 'transfer_characteristics=2',
  space: 'matrix_coefficients=2',
};

const FILTERS: Readonly<Record<string, { readonly filter: string; readonly names: Readonly<Record<Tag, string>> }>> = {
  h264: { filter: 'h264_metadata', names: H273_NAMES },
  hevc: { filter: 'hevc_metadata', names: H273_NAMES },
  mpeg2video: { filter: 'mpeg2_metadata', names: H273_NAMES },
  av1: { filter: 'av1_metadata', names: { ...H273_NAMES, primaries: 'color_primaries=2' } },
  prores: {
    filter: 'prores_metadata',
    names: { primaries: 'color_primaries=unknown', transfer: 'color_trc=unknown', space: 'colorspace=unknown' },
  },
};

export function isReserved(tag: string | undefined): boolean {
  return tag?.startsWith('reserved') ?? false;
}

/** For `-bsf:v`: rewrites the reserved tags to "unspecified" without decoding; `undefined` where there is nothing to do. */
export function clearReservedTags({ codec, color }: VideoInfo): string | undefined {
  const known = FILTERS[codec];
  const reserved = (['primaries', 'transfer', 'space'] as const).filter((tag) => isReserved(color[tag]));
  if (known === undefined || reserved.length === 0) return undefined;
  return `${known.filter}=${reserved.map((tag) => known.names[tag]).join(':')}`;
}
