/** The chain of video filters of an encode. Pure. The order matters and is told at each step. */
import { planColors } from '../plan/color.ts';
import type { VideoInfo } from '../plan/media-info.ts';
import type { VideoTarget } from '../plan/plan.ts';
import { convertColors, setTags } from './color-filters.ts';
import { cropToAperture, fitIntoFrame } from './picture-filters.ts';

export interface FilterChainOptions {
  readonly source: VideoInfo;
  readonly target: VideoTarget;
  readonly canConvertHdr: boolean;
}

/**
 * For `-filter:v`. ffmpeg turns the picture upright before the first filter, so the target size is that of the upright
 * picture. Scaling comes before anything costly: an 8K frame of floats takes 400 MB.
 */
export function videoFilterChain({ source, target, canConvertHdr }: FilterChainOptions): string {
  const colors = planColors(source, { height: target.height, canConvertHdr });
  const { scale, bars } = fitIntoFrame(source, target);
  const filters = [
    source.earlySeconds > 0 ? `setpts=PTS+${source.earlySeconds.toFixed(6)}/TB` : undefined,
    // Before any scaling: lines of two fields must not be mixed.
    source.interlaced ? 'bwdif=mode=send_frame:deint=interlaced' : undefined,
    cropToAperture(source),
    limitRate(source, target),
    ...convertColors({ source, scale, canConvertHdr }, colors),
    'format=yuv420p',
    bars,
    setTags(colors),
  ];
  return filters.filter((filter) => filter !== undefined).join(',');
}

/** Of what is shorter than one frame of the rate, the filter would leave none: by default its end is rounded, too. */
function limitRate({ stats }: VideoInfo, { fps }: VideoTarget): string | undefined {
  if (fps === undefined) return undefined;
  return stats.durationSeconds * fps < 1 ? `fps=${fps}:eof_action=pass` : `fps=${fps}`;
}
