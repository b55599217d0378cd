/**
 * The commands of a plan, without running them. Those on the MP4 follow from what the MP4 will be; a real run follows its
 * probe, so a detail may differ there (a frame more or less, an odd side).
 */
import { fitWidth } from '../plan/frame-size.ts';
import { planLadder } from '../plan/ladder.ts';
import type { MediaInfo, VideoInfo } from '../plan/media-info.ts';
import type { OutputKind } from '../plan/outputs.ts';
import type { ConvertPlan } from '../plan/plan.ts';
import { planStoryboard } from '../plan/storyboard.ts';
import { hlsArguments } from './commands/hls.ts';
import { posterArguments } from './commands/poster.ts';
import { remuxArguments } from './commands/remux.ts';
import { storyboardArguments } from './commands/storyboard.ts';
import { transcodeArguments } from './commands/transcode.ts';
import { posterSeconds } from './make-poster.ts';
import type { MediaTools } from './tools.ts';

export interface ExplainOptions {
  readonly plan: ConvertPlan;
  readonly outputs: readonly OutputKind[];
  readonly tools: MediaTools;
  readonly paths: Readonly<Record<'input' | 'video' | 'poster' | 'storyboard' | 'hls', string>>;
}

export interface ExplainedCommand {
  readonly output: OutputKind;
  readonly why: string;
  /** The folder to run it in, where that matters; its folders must be there. */
  readonly cwd: string | undefined;
  readonly command: readonly string[];
}

export function explainCommands({ plan, outputs, tools, paths }: ExplainOptions): ExplainedCommand[] {
  const { policy } = plan;
  const { threads } = tools.limits;
  const mp4 = predictOutput(plan);
  const { video } = mp4;
  const onMp4 = { inputPath: paths.video, videoIndex: video.index, maxPixels: policy.maxInputPixels, threads };
  const mp4Command = { plan, inputPath: paths.input, outputPath: paths.video, threads };
  const ladder = planLadder(mp4, policy);
  const commands: Record<Exclude<OutputKind, 'info'>, Omit<ExplainedCommand, 'output' | 'command'> & Args> = {
    video: {
      why: plan.reasons.map((reason) => reason.detail).join('; '),
      cwd: undefined,
      args:
        plan.video === 'copy'
          ? remuxArguments(mp4Command)
          : transcodeArguments({ ...mp4Command, canConvertHdr: tools.ffmpeg.canConvertHdr }),
    },
    poster: {
      why: 'from the MP4',
      cwd: undefined,
      args: posterArguments({
        ...onMp4,
        outputPath: paths.poster,
        size: fitWidth({ width: video.displayWidth, height: video.displayHeight }, policy.poster.maxWidth),
        seekSeconds: posterSeconds(mp4, video),
        quality: policy.poster.quality,
      }),
    },
    storyboard: {
      why: 'from the MP4; its index is written without ffmpeg',
      cwd: undefined,
      args: storyboardArguments({
        ...onMp4,
        outputPath: paths.storyboard,
        plan: planStoryboard(mp4, policy.storyboard),
        quality: policy.storyboard.quality,
      }),
    },
    hls: {
      why: `from the MP4: ${ladder.rungs.map((rung) => `${rung.name} ${rung.video}`).join(', ')}${ladder.whyNotCopied === undefined ? '' : ` (${ladder.whyNotCopied})`}`,
      cwd: paths.hls,
      args: hlsArguments({ inputPath: paths.video, video, audio: mp4.audio, ladder, policy, threads }),
    },
  };
  return (['video', 'poster', 'storyboard', 'hls'] as const)
    .filter((kind) => kind === 'video' || outputs.includes(kind))
    .map((output) => {
      const { args, ...rest } = commands[output];
      return { output, ...rest, command: [tools.ffmpeg.path, ...args] };
    });
}

interface Args {
  readonly args: readonly string[];
}

/** The MP4 as a probe will find it. */
function predictOutput({ info, source, video, audio, target, policy }: ConvertPlan): MediaInfo & { video: VideoInfo } {
  const encoded: Partial<VideoInfo> = {
    codedWidth: target.width,
    codedHeight: target.height,
    displayWidth: target.width,
    displayHeight: target.height,
    rotation: 0,
    mirrored: false,
    stats: { ...source.stats, firstPacketIsKey: true, largestKeyGapSeconds: policy.video.keyframeSeconds },
  };
  return {
    ...info,
    video: { ...source, ...(video === 'encode' ? encoded : {}), index: 0 },
    audio: audio === 'none' || info.audio === undefined ? undefined : { ...info.audio, index: 1 },
  };
}
