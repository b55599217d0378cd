/** `media status ID`: what the videos row says, which is the truth. */

import { MediaError } from '@supabase-media/core/errors';
import { formatBytes } from '@supabase-media/core/format';
import { openDatabase } from '@supabase-media/database/database';
import type { VideoRow } from '@supabase-media/database/video-row';
import { openVideos } from '@supabase-media/database/videos';
import { supabaseOf } from '../config.ts';
import type { CommandContext } from './run-command.ts';

/** The lines that tell a person about one video. */
export function describeVideo(video: VideoRow): string[] {
  const step = video.step === null ? '' : ` (${video.step})`;
  const lines = [
    `${video.id}: ${video.status}${step}, ${video.progress} %`,
    `source: ${video.source_bucket}/${video.source_path}`,
  ];
  if (video.outcome !== null) lines.push(`outcome: ${video.outcome}`);
  if (video.error_code !== null) lines.push(`${video.error_code}: ${video.error_message ?? ''}`);
  if (video.status === 'failed' && video.job_id !== null)
    lines.push(`That is what users read; why it failed: media jobs show ${video.job_id}`);
  for (const output of video.outputs)
    lines.push(`${output.kind}: ${output.bucket}/${output.path} (${formatBytes(output.bytes)})`);
  return lines;
}

export async function statusCommand(context: CommandContext, videoId: string): Promise<void> {
  const videos = openVideos(openDatabase(supabaseOf(context.config)));
  const video = await videos.find(videoId);
  if (video === undefined) throw new MediaError({ code: 'video_missing', message: `There is no video ${videoId}.` });
  context.output.result({ ...video }, describeVideo(video));
}
