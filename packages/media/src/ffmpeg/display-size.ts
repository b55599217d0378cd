/** The size at which a viewer sees a stored picture. Pure. */
import { type FrameSize, isSquare } from '../plan/frame-size.ts';

export interface StoredPicture extends FrameSize {
  readonly sampleAspectRatio: number;
  /** Clockwise degrees. */
  readonly rotation: number;
}

/** Pixels made square by their width, as players do it, and the picture turned upright. */
export function displaySize({ width, height, sampleAspectRatio, rotation }: StoredPicture): FrameSize {
  const wide = isSquare(sampleAspectRatio) ? width : Math.round(width * sampleAspectRatio);
  return rotation % 180 === 90 ? { width: height, height: wide } : { width: wide, height };
}

/** No camera has pixels ten times as wide as high: such a value is a damaged header. */
export function credibleRatio(ratio: number | undefined): number {
  return ratio !== undefined && ratio > 0.1 && ratio < 10 ? ratio : 1;
}
