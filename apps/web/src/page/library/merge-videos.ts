/** Merges read rows into the shown list. Pure. */
import type { Video } from '@supabase-media/uploader/contract';
import type { VideoItem } from './video-item.ts';

/** Newest first; a read row replaces what events reported, unless they belong to the same run and are further along. */
export function mergeVideos(items: readonly VideoItem[], read: readonly Video[]): readonly VideoItem[] {
  const merged = new Map(items.map((item) => [item.video.id, item]));
  for (const video of read) {
    const shown = merged.get(video.id);
    const isFurther =
      shown?.video.status === 'processing' &&
      video.status === 'processing' &&
      shown.video.startedAt === video.startedAt &&
      shown.video.progress > video.progress;
    merged.set(video.id, {
      video: isFurther ? { ...video, progress: shown.video.progress, step: shown.video.step } : video,
      etaSeconds: shown?.etaSeconds,
      problem: shown?.problem,
    });
  }
  return [...merged.values()].sort((a, b) => b.video.createdAt.localeCompare(a.video.createdAt));
}
