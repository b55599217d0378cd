/** `media enqueue`: a video into the queue, and with `--wait` what became of it. */
import { supabaseOf } from '../config.ts';
import { openDatabase } from '../db/database.ts';
import { openVideos } from '../db/videos.ts';
import type { OutputKind } from '../media/outputs.ts';
import type { ProfileName } from '../media/profiles.ts';
import { formatBytes } from '../observability/format.ts';
import { openQueueClient } from '../queue/client.ts';
import type { VideoProcessResult } from '../queue/contract.ts';
import type { JobPriority } from '../queue/policy.ts';
import { createProgressBar } from './progress-bar.ts';
import type { CommandContext } from './run-command.ts';

export interface EnqueueCommandOptions {
  readonly bucket: string;
  readonly path: string;
  readonly videoId?: string | undefined;
  readonly owner?: string | undefined;
  readonly project?: string | undefined;
  readonly outputs?: readonly OutputKind[] | undefined;
  readonly profile?: ProfileName | undefined;
  readonly priority?: JobPriority | undefined;
  readonly wait: boolean;
}

const describeResult = (result: VideoProcessResult): string[] => [
  `${result.outcome}${result.reason === undefined ? '' : `: ${result.reason}`}`,
  ...result.outputs.map((output) => `${output.kind}: ${output.bucket}/${output.path} (${formatBytes(output.bytes)})`),
];

export async function enqueueCommand(context: CommandContext, options: EnqueueCommandOptions): Promise<void> {
  const { config, output, signal } = context;
  const videos = openVideos(openDatabase(supabaseOf(config)));
  const queue = await openQueueClient(config.queue);
  const bar = await createProgressBar({ title: 'Processing', isShown: context.showsBars });
  try {
    const answer = await queue.enqueueVideo({
      source: { bucket: options.bucket, path: options.path },
      videoId: options.videoId,
      ownerId: options.owner,
      project: options.project,
      outputs: options.outputs,
      profile: options.profile,
      priority: options.priority,
      beforeAdd: (payload, jobId) =>
        videos.markQueued(
          {
            id: payload.videoId,
            ownerId: payload.ownerId,
            project: payload.project,
            sourceBucket: payload.source.bucket,
            sourcePath: payload.source.path,
          },
          jobId,
        ),
    });
    const lines = [`video ${answer.videoId}`, `job ${answer.jobId} (${answer.state})`];
    if (!options.wait) return output.result({ ...answer }, lines);
    const result = await queue.waitForVideo(answer.jobId, {
      signal,
      onProgress: (progress) =>
        bar.update(
          progress.percent / 100,
          `${progress.stepNumber}/${progress.stepCount} ${progress.step}`,
          progress.etaSeconds,
        ),
    });
    bar.stop();
    return output.result({ ...answer, ...result }, [...lines, ...describeResult(result)]);
  } finally {
    bar.stop();
    await queue.close();
  }
}
