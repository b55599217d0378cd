/** Filters that bring a picture into its frame: what is to be shown of it, and into a size that does not change. Pure. */
import type { FrameSize } from '../plan/frame-size.ts';
import type { VideoInfo } from '../plan/media-info.ts';

/**
 * Cuts out the aperture. ffmpeg has turned the picture upright before, so the aperture is turned with it: around the
 * middle of the picture. A newer ffmpeg may have cut already, and then nothing is left to cut.
 */
export function cropToAperture({
  aperture,
  codedWidth,
  codedHeight,
  rotation,
  mirrored,
}: VideoInfo): string | undefined {
  if (aperture === undefined) return undefined;
  const { left, top, width, height } = aperture;
  const right = left + width / 2 - codedWidth / 2;
  const down = top + height / 2 - codedHeight / 2;
  const [cosine, sine] = [Math.cos((rotation * Math.PI) / 180), Math.sin((rotation * Math.PI) / 180)].map(
    Math.round,
  ) as [number, number];
  const flip = mirrored ? -1 : 1;
  const lying = rotation % 180 === 90;
  const [pictureWidth, pictureHeight] = lying ? [codedHeight, codedWidth] : [codedWidth, codedHeight];
  const [cutWidth, cutHeight] = lying ? [height, width] : [width, height];
  const x = pictureWidth / 2 + right * cosine - flip * down * sine - cutWidth / 2;
  const y = pictureHeight / 2 + right * sine + flip * down * cosine - cutHeight / 2;
  return `crop='min(iw,${cutWidth})':'min(ih,${cutHeight})':${x}:${y}`;
}

/** Codecs in which a change of size goes unseen before the encode (`find-shapes.ts`). */
const CHANGE_UNSEEN = new Set(['vp9', 'av1']);

export interface Frame {
  readonly scale: string;
  /** Around the scaled picture, once it is 4:2:0. */
  readonly bars: string | undefined;
}

/**
 * Scales to a size. Where the picture's own size changes, each part is made as large as fits, with bars beside it: the
 * expressions are computed anew for each size, and `dar` counts pixels that are not square.
 */
export function fitIntoFrame({ shapes, codec }: VideoInfo, { width, height }: FrameSize): Frame {
  if (shapes.length < 2 && !CHANGE_UNSEEN.has(codec)) return { scale: `scale=${width}:${height}`, bars: undefined };
  const even = (side: string) => `'max(2,2*round(${side}/2))'`;
  return {
    scale: `scale=${even(`min(${width},${height}*dar)`)}:${even(`min(${height},${width}/dar)`)}`,
    bars: `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2`,
  };
}
