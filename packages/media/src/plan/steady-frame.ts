/** The one size of a video whose picture changes its size in the middle: a phone turned, a meeting with a shared screen. */
import type { FrameSize } from './frame-size.ts';
import type { Shape } from './media-info.ts';

/** Aspect ratios this close to each other are one shape at several resolutions. */
const SAME_ASPECT = 0.02;
/** By so much longer must a later shape be seen than an earlier one; the times are known from key frames alone. */
const CLEARLY_LONGER = 1.2;

/**
 * The aspect ratio that is seen longest fills the frame, so that bars are seen as briefly as can be; of its sizes the
 * largest, so that nothing sharp is made small. Of equals the first, which people take for the video's own.
 */
export function chooseSteadyFrame(shapes: readonly Shape[]): FrameSize | undefined {
  const groups: { largest: Shape; seconds: number }[] = [];
  for (const shape of shapes) {
    const group = groups.find(({ largest }) => Math.abs(aspect(shape) / aspect(largest) - 1) < SAME_ASPECT);
    if (group === undefined) groups.push({ largest: shape, seconds: shape.seconds });
    else {
      group.seconds += shape.seconds;
      if (shape.width > group.largest.width) group.largest = shape;
    }
  }
  const [first, ...others] = groups;
  if (first === undefined) return undefined;
  const { largest } = others.reduce(
    (best, group) => (group.seconds > best.seconds * CLEARLY_LONGER ? group : best),
    first,
  );
  return { width: largest.width, height: largest.height };
}

function aspect({ width, height }: FrameSize): number {
  return width / height;
}
