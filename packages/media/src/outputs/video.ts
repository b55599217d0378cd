/**
 * `video.mp4`, what every browser plays. It is always made, since all else is made of it (`ffmpeg/encode.ts`, called
 * by `pipeline.ts`); this file says when it is kept, and how it is shown.
 */
import { join } from 'node:path';
import { remuxArguments } from '../ffmpeg/commands/remux.ts';
import { transcodeArguments } from '../ffmpeg/commands/transcode.ts';
import type { ConvertPlan } from '../plan/plan.ts';
import { describeFile, type Output, type OutputFile, roundSeconds } from './output.ts';

export const VIDEO_FILE: OutputFile = { name: 'video.mp4', contentType: 'video/mp4', wave: 'first' };

export const video: Output<'video'> = {
  kind: 'video',
  about: 'video.mp4, upright, at most 1080p60, SDR',
  from: 'source',
  files: [VIDEO_FILE],
  weight: (plan) => (plan === undefined ? USUAL_SECONDS : weighMp4(plan)),
  mostBytes: ({ bytes }) => bytes,
  make: async ({ mp4, outDir }) => {
    const { displayWidth: width, displayHeight: height } = mp4.info.video;
    const durationSeconds = roundSeconds(mp4.info.durationSeconds);
    return [{ kind: 'video', ...(await describeFile(outDir, VIDEO_FILE)), width, height, durationSeconds }];
  },
  explain: ({ plan, inputPath, outDir, tools }) => {
    const command = { plan, inputPath, outputPath: join(outDir, VIDEO_FILE.name), threads: tools.limits.threads };
    const { canConvertHdr } = tools.ffmpeg;
    return {
      why: plan.reasons.map((reason) => reason.detail).join('; '),
      args: plan.video === 'copy' ? remuxArguments(command) : transcodeArguments({ ...command, canConvertHdr }),
    };
  },
};

/** In seconds for a minute of 1080p on two cores, profile `fast`; see `hls/weight.ts`. */
const SECONDS = {
  encode: 34,
  /** Reading as many pixels as are encoded. */
  decode: 8,
  /** Bringing HDR to SDR. */
  toneMap: 27,
  /** A video that is copied leaves almost all of the time to the ladder of HLS. */
  copy: 1.5,
};

const USUAL_SECONDS = SECONDS.encode + SECONDS.decode;

function weighMp4({ video, source, target }: ConvertPlan): number {
  if (video === 'copy') return SECONDS.copy;
  const read = (source.codedWidth * source.codedHeight) / (target.width * target.height);
  return SECONDS.encode + SECONDS.decode * read + (source.hdr === undefined ? 0 : SECONDS.toneMap);
}
