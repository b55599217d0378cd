/** A video in the library. */
import type { Video } from '@supabase-media/uploader/contract';

export interface VideoItem {
  readonly video: Video;
  /** From the last event; undefined if unknown. */
  readonly etaSeconds: number | undefined;
  /** Why it is still there after it was deleted. */
  readonly problem?: string | undefined;
}
