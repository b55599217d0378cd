/** How long the ladder of HLS takes, compared with the MP4 that it is made of. Pure; for progress, not for decisions. */
import type { VideoInfo } from '../../plan/media-info.ts';
import type { ConvertPlan } from '../../plan/plan.ts';
import { planLadder } from './ladder.ts';

/**
 * In seconds for a minute of 1080p on two cores, profile `fast`: `npm run bench -- --jobs all`. The rest follows from the
 * pixels.
 */
const SECONDS = {
  /** Encoding as many pixels as the MP4 has. */
  encode: 34,
  /** Reading as many pixels as the MP4 has, and making them smaller, for all rungs together. */
  decode: 12,
  /** Writing a ladder of which nothing is encoded, and proving it. */
  copy: 2,
};

/** Those of a plan that is not known yet, for 1080p. */
export const USUAL_LADDER_SECONDS = 34;

/** By the same measure as `weight` of an output ({@link SECONDS}). */
export function weighLadder(plan: ConvertPlan): number {
  const video = pictureOf(plan);
  const pixels = video.displayWidth * video.displayHeight;
  const { rungs } = planLadder({ ...plan.info, video }, plan.policy);
  const encoded = rungs.filter((rung) => rung.video === 'encode');
  const share = encoded.reduce((sum, { width, height }) => sum + (width * height) / pixels, 0);
  return share === 0 ? SECONDS.copy : SECONDS.decode + SECONDS.encode * share;
}

/** The MP4's, as far as the plan tells: what we encode is upright and can be cut. */
function pictureOf({ source, video, target }: ConvertPlan): VideoInfo {
  if (video === 'copy') return source;
  const stats = { ...source.stats, largestKeyGapSeconds: 0, firstPacketIsKey: true };
  const upright = { rotation: 0, mirrored: false, displayWidth: target.width, displayHeight: target.height };
  return { ...source, ...upright, stats };
}
