/**
 * Which colours a picture has, and which our videos get. Pure. Tags have ffmpeg's names, and mean what ITU-T H.273 says.
 *
 * Chromium believes the tags of a video only when primaries, transfer and matrix are all there; of a file with two of
 * three it ignores even the range (measured, decision 0020). So what we write is always complete.
 */
import type { VideoInfo } from './media-info.ts';

/** Tags with nothing left open. */
export interface CompleteColors {
  readonly primaries: string;
  readonly transfer: string;
  readonly space: string;
  readonly range: 'tv' | 'pc';
}

export type ColorSource = Pick<VideoInfo, 'color' | 'pixelFormat' | 'codedHeight' | 'hdr'>;

const BT709: CompleteColors = { primaries: 'bt709', transfer: 'bt709', space: 'bt709', range: 'tv' };

/** From so many lines on, browsers and other players take a picture without tags for BT.709; below, for BT.601. */
const HD_LINES = 720;

/** The numbers of tags in a bitstream, and in the `colr` box of MP4 (ITU-T H.273). */
type Codes = Readonly<Record<string, number>>;

/** Those that mean something for luma and chroma; of RGB the matrix is `gbr`. */
const SPACES: Codes = {
  bt709: 1,
  fcc: 4,
  bt470bg: 5,
  smpte170m: 6,
  smpte240m: 7,
  ycgco: 8,
  bt2020nc: 9,
  bt2020c: 10,
  ictcp: 14,
};
const PRIMARIES: Codes = {
  bt709: 1,
  bt470m: 4,
  bt470bg: 5,
  smpte170m: 6,
  smpte240m: 7,
  film: 8,
  bt2020: 9,
  smpte431: 11,
  smpte432: 12,
};
const TRANSFERS: Codes = {
  bt709: 1,
  bt470m: 4,
  bt470bg: 5,
  smpte170m: 6,
  smpte240m: 7,
  'iec61966-2-1': 13,
  smpte2084: 16,
  'arib-std-b67': 18,
};
/** Of the same curve as BT.709 within the range that is shown; not every browser knows the names. */
const LIKE_BT709 = ['iec61966-2-4', 'bt1361e', 'bt2020-10', 'bt2020-12'];

/** What the tags say; where they say nothing or something reserved, what Chromium shows. */
export function readColors({ color, pixelFormat = '', codedHeight, hdr }: ColorSource): CompleteColors {
  const isHd = codedHeight >= HD_LINES;
  const isFull = color.range === 'pc' || isRgb(pixelFormat) || /^(yuvj|gray|ya\d)/.test(pixelFormat);
  const isWide = hdr !== undefined || color.primaries === 'bt2020';
  // Full range without a matrix is the colour of JPEG, whatever the size.
  const usual = isFull || !isHd ? 'smpte170m' : 'bt709';
  const space = isRgb(pixelFormat) ? 'gbr' : (known(SPACES, color.space) ?? (isWide ? 'bt2020nc' : usual));
  const basis = isBt601(space) && !isHd ? 'smpte170m' : 'bt709';
  const transfer = LIKE_BT709.includes(color.transfer ?? '') ? 'bt709' : known(TRANSFERS, color.transfer);
  return {
    primaries: known(PRIMARIES, color.primaries) ?? (isWide || space.startsWith('bt2020') ? 'bt2020' : basis),
    transfer: transfer ?? basis,
    space,
    range: isFull ? 'pc' : 'tv',
  };
}

export interface ColorTarget {
  /** Lines of the encoded picture. */
  readonly height: number;
  /** ffmpeg was built with zimg. */
  readonly canConvertHdr: boolean;
}

/**
 * The colours of the MP4. Its matrix is that which players without an eye for tags assume for its size; BT.709 stays in
 * every size. The primaries stay, since browsers convert them; BT.2020 becomes BT.709, on whatever screen.
 */
export function planColors(source: ColorSource, { height, canConvertHdr }: ColorTarget): CompleteColors {
  const colors = readColors(source);
  if (isWideGamut(source, colors) && canConvertHdr) return BT709;
  if (source.hdr !== undefined)
    return { ...colors, space: colors.space === 'gbr' ? 'bt2020nc' : colors.space, range: 'tv' };
  const stays = isBt601(colors.space) && height < HD_LINES;
  return { ...colors, space: stays ? colors.space : 'bt709', range: 'tv' };
}

/** What is made of the MP4 keeps its colours, so that no switch of size is seen; but no matrix that Chromium does not know. */
export function keepColors(mp4: ColorSource): CompleteColors {
  const colors = readColors(mp4);
  const stays = ['bt709', 'bt2020nc'].includes(colors.space) || isBt601(colors.space);
  return { ...colors, space: stays ? colors.space : 'bt709', range: 'tv' };
}

/**
 * The tags that a copy needs to be shown as it is meant; `undefined` where it has them, or where a browser that ignores
 * them guesses the same.
 */
export function completeTags(source: ColorSource): CompleteColors | undefined {
  const { primaries, transfer, space, range } = source.color;
  const isCurve = known(TRANSFERS, transfer) ?? LIKE_BT709.find((name) => name === transfer);
  const given = [known(PRIMARIES, primaries), isCurve, known(SPACES, space)];
  const isOpen = given.includes(undefined) && given.some((tag) => tag !== undefined);
  const colors = readColors(source);
  const isGuessed = isBt601(colors.space) === source.codedHeight < HD_LINES && range !== 'pc';
  return isOpen && !isGuessed ? colors : undefined;
}

/** Primaries that screens are not expected to have, or a curve that they do not follow. */
function isWideGamut({ hdr }: ColorSource, { primaries }: CompleteColors): boolean {
  return hdr !== undefined || primaries === 'bt2020';
}

export function isBt601(space: string): boolean {
  return space === 'smpte170m' || space === 'bt470bg';
}

/** Pixel formats without a luma plane, as ffmpeg names them. */
function isRgb(pixelFormat: string): boolean {
  return /^(gbr|0?rgb|0?bgr|argb|abgr|x2rgb|x2bgr|pal8|xyz)/.test(pixelFormat);
}

function known(codes: Codes, tag: string | undefined): string | undefined {
  return tag !== undefined && Object.hasOwn(codes, tag) ? tag : undefined;
}

/** The same tags as numbers. */
export function colorCodes({ primaries, transfer, space }: CompleteColors) {
  return { primaries: PRIMARIES[primaries] ?? 2, transfer: TRANSFERS[transfer] ?? 2, space: SPACES[space] ?? 2 };
}
