/** How long one worker would encode a video. Pure. */
import { effectiveFps } from '../plan/copy-rules.ts';
import type { ConvertPlan } from '../plan/plan.ts';

/**
 * Core seconds for a million pixels that are encoded, by x264's preset: 60 s of 1080p30 took 28 s to 32 s on two cores
 * with veryfast, and three times as long with medium (ffmpeg 5.1.9).
 */
const CORE_SECONDS_PER_MEGAPIXEL: Readonly<Record<string, number>> = { veryfast: 0.0161, medium: 0.048 };

/** And for a million that are decoded: a fifth of it, as was measured. */
const DECODING = 0.003;

/** @param threads of the encoder, no more than the process has cores. */
export function predictEncodeSeconds({ source, target, policy }: ConvertPlan, threads: number): number {
  const { stats, codedWidth, codedHeight } = source;
  const fps = Math.min(effectiveFps(source) ?? Infinity, stats.packets / Math.max(stats.durationSeconds, 0.001));
  const frames = Math.min(fps, target.fps ?? Infinity) * stats.durationSeconds;
  const encoding = (CORE_SECONDS_PER_MEGAPIXEL[policy.video.preset] ?? DECODING) * target.width * target.height;
  const decoding = DECODING * codedWidth * codedHeight;
  return (frames * (encoding + decoding)) / 1e6 / Math.max(1, threads);
}
