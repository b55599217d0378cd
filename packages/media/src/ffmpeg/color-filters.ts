/**
 * The filters that bring a picture from one set of colours to another. Pure. Every one is told all it needs: what ffmpeg
 * makes of tags by itself differs between 5.1 and 7.0.
 */
import { type ColorSource, type CompleteColors, isBt601, keepColors, readColors } from '../plan/color.ts';
import type { FrameSize } from '../plan/frame-size.ts';
import type { HdrKind } from '../plan/media-info.ts';

export interface ColorStep {
  readonly source: ColorSource;
  /** `scale=…` with width and height alone. */
  readonly scale: string;
  /** ffmpeg was built with zimg: HDR and primaries can be converted, and matrices more exactly than by `scale`. */
  readonly canConvertHdr: boolean;
}

/** How `scale` calls the matrices that it knows (ffmpeg-scaler); RGB has none. */
const SCALE_NAMES: Readonly<Record<string, string>> = {
  bt709: 'bt709',
  smpte170m: 'bt601',
  bt470bg: 'bt601',
  fcc: 'fcc',
  smpte240m: 'smpte240m',
  bt2020nc: 'bt2020',
  bt2020c: 'bt2020',
};

/** Those that `zscale` knows under the same name in 5.1 and 7.0. */
const ZSCALE_SPACES = ['bt709', 'smpte170m', 'bt470bg', 'bt2020nc', 'bt2020c', 'ycgco', 'ictcp'];

/** Resizes and converts into `colors`, which come from `planColors`. Scaling comes before all that is costly. */
export function convertColors({ source, scale, canConvertHdr }: ColorStep, colors: CompleteColors): string[] {
  const from = readColors(source);
  if (source.hdr !== undefined) {
    if (!canConvertHdr) return [resize(scale, from, colors), 'setsar=1'];
    return [resize(scale, from, from), 'setsar=1', ...hdrToSdr(source.hdr, from)];
  }
  const space = canConvertHdr && ZSCALE_SPACES.includes(from.space) ? from.space : colors.space;
  const sameGamut = from.primaries === colors.primaries || !canConvertHdr;
  if (sameGamut && sameMatrix(space, colors.space)) return [resize(scale, from, colors), 'setsar=1'];
  // `zscale` takes the pixel formats that are always of full range: the range can only be changed after them.
  const between = { ...from, space };
  const into = `m=${colors.space}:r=tv`;
  const converted = sameGamut ? [`zscale=${given(between)}:${into}`] : [...toSrgb(between), `zscale=${GBR}:${into}`];
  return [resize(scale, from, between), 'setsar=1', ...converted];
}

/** Resizes with the same colours: for what is made of our MP4. */
export function keepLook(size: FrameSize, source: ColorSource): string {
  return resize(scaleTo(size), readColors(source), keepColors(source));
}

/** So that both versions write these tags, whatever filters and encoder make of those of the source. */
export function setTags({ primaries, transfer, space, range }: CompleteColors): string {
  return `setparams=range=${range}:color_primaries=${primaries}:color_trc=${transfer}:colorspace=${space}`;
}

/**
 * Resizes into what JFIF means: full range, BT.601's matrix, and the primaries of sRGB, since no profile is written. By
 * way of RGB: a conversion from one matrix to another `scale` of 7.0 ignores for this pixel format.
 */
export function jpegColors({ source, scale, canConvertHdr }: ColorStep): string[] {
  const from = readColors(source);
  const space = ZSCALE_SPACES.includes(from.space) ? from.space : 'bt709';
  const isForeign = !['bt709', 'smpte170m'].includes(from.primaries) && source.hdr === undefined;
  const toRgb =
    isForeign && canConvertHdr
      ? [resize(scale, from, { ...from, space }), ...toSrgb({ ...from, space })]
      : [resize(scale, from, from), 'format=gbrp'];
  return [...toRgb, 'setsar=1', 'scale=out_color_matrix=bt601:out_range=pc', 'format=yuvj420p'];
}

type MatrixAndRange = Pick<CompleteColors, 'space' | 'range'>;

export const scaleTo = ({ width, height }: FrameSize): string => `scale=${width}:${height}`;

function resize(scale: string, from: MatrixAndRange, to: MatrixAndRange): string {
  const [input, output] = [SCALE_NAMES[from.space], SCALE_NAMES[to.space]];
  // `scale` of 7.0 refuses frames with the tag of a matrix that it does not know.
  const accepted = input === undefined && from.space !== 'gbr' ? 'setparams=colorspace=bt709,' : '';
  return [
    `${accepted}${scale}`,
    ...(input === undefined ? [] : [`in_color_matrix=${input}`]),
    `in_range=${from.range}`,
    ...(output === undefined ? [] : [`out_color_matrix=${output}`]),
    `out_range=${to.range}`,
  ].join(':');
}

const given = ({ space, range }: MatrixAndRange) => `min=${space}:rin=${range}`;
const GBR = given({ space: 'gbr', range: 'pc' });

/**
 * RGB with the primaries of sRGB and BT.709, where what they cannot show is cut off: of luma and chroma it would be cut
 * off in other colours. All curves of SDR are taken for that of sRGB, as Chromium does.
 */
function toSrgb({ primaries, ...from }: CompleteColors): string[] {
  const curve = 'iec61966-2-1';
  return [`zscale=${given(from)}:pin=${primaries}:tin=${curve}:p=bt709:t=${curve}:m=gbr:r=pc`, 'format=gbrp'];
}

/**
 * PQ or HLG to linear light, in BT.709's gamut, tone-mapped, and back to BT.709's curve. 100 cd/m² is the white of SDR;
 * hable without desaturation keeps skin tones (values measured on HDR10, HLG and Dolby Vision 8.4 clips).
 */
function hdrToSdr(hdr: HdrKind, { primaries, space, range }: CompleteColors): string[] {
  const transfer = hdr === 'pq' ? 'smpte2084' : 'arib-std-b67';
  const matrix = ZSCALE_SPACES.includes(space) ? space : 'bt2020nc';
  return [
    `zscale=tin=${transfer}:pin=${primaries}:min=${matrix}:rin=${range}:t=linear:npl=100`,
    'format=gbrpf32le',
    'zscale=p=bt709',
    'tonemap=tonemap=hable:desat=0',
    'zscale=t=bt709:m=bt709:r=tv',
  ];
}

function sameMatrix(one: string, other: string): boolean {
  return one === other || (isBt601(one) && isBt601(other));
}
