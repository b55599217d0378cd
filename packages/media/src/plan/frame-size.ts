import type { MediaPolicy } from './policy.ts';

/** A picture's size in pixels. */
export interface FrameSize {
  readonly width: number;
  readonly height: number;
}

/**
 * The size of the encoded picture: within the policy's short and long side, never larger than the source, both sides
 * even (4:2:0 has one chroma sample for two pixels) and at least 2.
 */
export function fitFrame(display: FrameSize, policy: Pick<MediaPolicy, 'maxShortSide' | 'maxLongSide'>): FrameSize {
  const short = Math.min(display.width, display.height);
  const long = Math.max(display.width, display.height);
  const scale = Math.min(1, policy.maxShortSide / short, policy.maxLongSide / long);
  return scaleEven(display, scale);
}

/** The size of a still made from a picture, no wider than `maxWidth`. */
export function fitWidth(size: FrameSize, maxWidth: number): FrameSize {
  return scaleEven(size, Math.min(1, maxWidth / size.width));
}

/** The size of a picture whose short side is to be `shortSide`; never larger than it is. */
export function fitShortSide(size: FrameSize, shortSide: number): FrameSize {
  return scaleEven(size, Math.min(1, shortSide / Math.min(size.width, size.height)));
}

/** The size of a picture in a square of `side` pixels; never larger than it is. */
export function fitSquare(size: FrameSize, side: number): FrameSize {
  return scaleEven(size, Math.min(1, side / Math.max(size.width, size.height)));
}

function scaleEven(size: FrameSize, scale: number): FrameSize {
  return { width: evenSide(size.width, scale), height: evenSide(size.height, scale) };
}

/** The nearest even number, but 241 at scale 1 becomes 240: no pixel that the source does not have. */
function evenSide(side: number, scale: number): number {
  const nearest = Math.round((side * scale) / 2) * 2;
  return Math.max(2, nearest > side ? nearest - 2 : nearest);
}

/** A pixel may be this far from square before the picture is visibly wrong where the ratio is ignored. */
const SAR_TOLERANCE = 0.01;

/** 1280:1281, which some editors write, is meant to be square. */
export function isSquare(sampleAspectRatio: number): boolean {
  return Math.abs(sampleAspectRatio - 1) <= SAR_TOLERANCE;
}
