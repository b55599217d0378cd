/** One video as the library shows it. */
import type { Video } from '@supabase-media/uploader/contract';

export interface VideoItem {
  readonly video: Video;
  /** As the last event said; undefined: not known. */
  readonly etaSeconds: number | undefined;
}
