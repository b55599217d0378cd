/** What every MP4 of ours has in common, whatever is copied and what encoded. */
import type { ConvertPlan } from '../../plan/plan.ts';
import type { MediaPolicy } from '../../plan/policy.ts';

/**
 * The chosen streams and nothing else: no subtitles, no data tracks; no titles, places or names from the metadata, no
 * chapters.
 */
export function selectStreams({ source, info, audio }: ConvertPlan): string[] {
  const withAudio = audio !== 'none' && info.audio !== undefined ? ['-map', `0:${info.audio.index}`] : [];
  return ['-map', `0:${source.index}`, ...withAudio, '-sn', '-dn', '-map_metadata', '-1', '-map_chapters', '-1'];
}

/** AAC as every browser plays it. */
export function encodeAudio({ audio }: MediaPolicy): string[] {
  return ['-c:a', 'aac', '-b:a', String(audio.bitRate), '-ac', String(audio.channels), '-ar', String(audio.sampleRate)];
}

/** The index is put in front of the media once all is written, so that playing starts at once. */
export const WEB_MP4 = ['-movflags', '+faststart', '-f', 'mp4'];
