/** `media enqueue`: a video into the queue, and with `--wait` what became of it. */

import { openQueueClient } from '@supabase-media/client';
import type { VideoProcessResult } from '@supabase-media/client/contract';
import { formatBytes } from '@supabase-media/core/format';
import type { OutputKind } from '@supabase-media/media/outputs';
import type { ProfileName } from '@supabase-media/media/profiles';
import type { JobPriority } from '@supabase-media/queue/policy';
import { openQueueTelemetry } from '@supabase-media/queue/telemetry';
import { isTracing } from '@supabase-media/service/tracing';
import { supabaseOf } from '../config.ts';
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
  const { url, serviceRoleKey } = supabaseOf(config);
  const queue = openQueueClient(
    { ...config.queue, supabaseUrl: url, serviceRoleKey },
    { telemetry: isTracing() ? await openQueueTelemetry() : undefined },
  );
  const bar = await createProgressBar({ title: 'Processing', isShown: context.showsBars });
  try {
    const answer = await queue.enqueueVideo({
      source: { bucket: options.bucket, path: options.path },
      videoId: options.videoId,
      ownerId: options.owner ?? null,
      project: options.project,
      outputs: options.outputs,
      profile: options.profile,
      priority: options.priority,
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
    // What became of the request is over with the job: one of the two says how it stands.
    const { state: _added, ...ids } = answer;
    return output.result({ ...ids, ...result }, [...lines, ...describeResult(result)]);
  } finally {
    bar.stop();
    await queue.close();
  }
}
