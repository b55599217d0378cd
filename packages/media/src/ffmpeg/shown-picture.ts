/** What a viewer sees of the picture, once sizes that change and an aperture are known. Pure. */
import type { Shape, VideoInfo } from '../plan/media-info.ts';
import { chooseSteadyFrame } from '../plan/steady-frame.ts';
import { type CleanAperture, fitAperture } from './clean-aperture.ts';
import { displaySize } from './display-size.ts';

/** An aperture of a picture that changes its size means nothing. */
export function withShownPicture(
  video: VideoInfo,
  { shapes, aperture: given }: { readonly shapes: readonly Shape[]; readonly aperture: CleanAperture | undefined },
): VideoInfo {
  const steady = chooseSteadyFrame(shapes);
  const aperture = steady === undefined ? fitAperture(given, video) : undefined;
  const shown = steady ?? (aperture && displaySize({ ...video, ...aperture }));
  if (shown === undefined) return video;
  return { ...video, shapes, aperture, displayWidth: shown.width, displayHeight: shown.height };
}
