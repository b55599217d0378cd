/** The chain of video filters of an encode. Pure. The order matters and is told at each step. */
import type { ColorInfo, VideoInfo } from '../plan/media-info.ts';
import type { VideoTarget } from '../plan/plan.ts';
import { cropToAperture, fitIntoFrame } from './picture-filters.ts';
import { isReserved } from './reserved-tags.ts';

export interface FilterChainOptions {
  readonly source: VideoInfo;
  readonly target: VideoTarget;
  readonly canConvertHdr: boolean;
}

export interface FilterChain {
  /** For `-filter:v`. */
  readonly filter: string;
  /** The frames that come out are BT.709, whatever went in; the encoder should say so. */
  readonly taggedBt709: boolean;
}

/**
 * ffmpeg turns the picture upright before the first filter, so the target size is that of the upright picture.
 * Scaling comes before anything costly: an 8K frame of floats takes 400 MB.
 */
export function videoFilterChain({ source, target, canConvertHdr }: FilterChainOptions): FilterChain {
  const toSdr = source.hdr !== undefined && canConvertHdr;
  const fromRgb = isRgb(source.pixelFormat);
  const frame = fitIntoFrame(source, target);
  const filters = [
    // Before any scaling: lines of two fields must not be mixed.
    source.interlaced ? 'bwdif=mode=send_frame:deint=interlaced' : undefined,
    cropToAperture(source),
    dropReservedTags(source.color),
    target.fps === undefined ? undefined : `fps=${target.fps}`,
    `${frame.scale}:out_range=tv${fromRgb ? ':out_color_matrix=bt709' : ''}`,
    'setsar=1',
    ...(toSdr ? hdrToSdr(source) : []),
    'format=yuv420p',
    frame.bars,
    fromRgb ? 'setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709' : undefined,
  ];
  return { filter: filters.filter((filter) => filter !== undefined).join(','), taggedBt709: toSdr || fromRgb };
}

/**
 * PQ or HLG to linear light, in BT.709's gamut, tone-mapped, and back to BT.709's curve. 100 cd/m² is the white of SDR;
 * hable without desaturation keeps skin tones (values measured on HDR10, HLG and Dolby Vision 8.4 clips).
 */
function hdrToSdr({ hdr, color }: VideoInfo): string[] {
  const transfer = hdr === 'pq' ? 'smpte2084' : 'arib-std-b67';
  const primaries = known(color.primaries, ['bt2020', 'bt709', 'smpte432', 'smpte431'], 'bt2020');
  const matrix = known(color.space, ['bt2020nc', 'bt2020c', 'bt709', 'ictcp'], 'bt2020nc');
  return [
    `zscale=tin=${transfer}:pin=${primaries}:min=${matrix}:rin=tv:t=linear:npl=100`,
    'format=gbrpf32le',
    'zscale=p=bt709',
    'tonemap=tonemap=hable:desat=0',
    'zscale=t=bt709:m=bt709:r=tv',
  ];
}

/** HDR whose tags are absent or odd is BT.2020 by all that make it (ITU-R BT.2100). */
function known(value: string | undefined, allowed: readonly string[], otherwise: string): string {
  return value !== undefined && allowed.includes(value) ? value : otherwise;
}

/** libx264 refuses to start with a tag that the standard reserves; a file without the tag is as true. */
function dropReservedTags({ primaries, transfer, space }: ColorInfo): string | undefined {
  const dropped = [
    isReserved(primaries) ? 'color_primaries=unknown' : undefined,
    isReserved(transfer) ? 'color_trc=unknown' : undefined,
    isReserved(space) ? 'colorspace=unknown' : undefined,
  ].filter((option) => option !== undefined);
  return dropped.length === 0 ? undefined : `setparams=${dropped.join(':')}`;
}

/** Pixel formats without a luma plane, as ffmpeg names them. */
function isRgb(pixelFormat: string | undefined): boolean {
  return /^(gbr|0?rgb|0?bgr|argb|abgr|x2rgb|x2bgr|pal8)/.test(pixelFormat ?? '');
}
