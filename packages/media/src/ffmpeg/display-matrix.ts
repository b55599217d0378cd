/** How a player is to turn and mirror the picture. */
export interface Orientation {
  /** Clockwise degrees, 0 to 359. */
  readonly rotation: number;
  readonly mirrored: boolean;
}

/**
 * Reads the display matrix as ffprobe prints it: three lines of three numbers, the first two columns in 16.16 fixed
 * point (ISO/IEC 14496-12, track header). A negative determinant mirrors the picture.
 */
export function readDisplayMatrix(printed: string): Orientation | undefined {
  const numbers = printed
    .split('\n')
    .map((line) => line.split(':')[1]?.trim().split(/\s+/).map(Number) ?? [])
    .filter((row) => row.length === 3);
  const [a, b] = numbers[0] ?? [];
  const [c, d] = numbers[1] ?? [];
  if (a === undefined || b === undefined || c === undefined || d === undefined) return undefined;
  if (![a, b, c, d].every(Number.isFinite)) return undefined;
  const mirrored = a * d - b * c < 0;
  const degrees = Math.round((Math.atan2(b, a) * 180) / Math.PI);
  return { rotation: ((degrees % 360) + 360) % 360, mirrored };
}
