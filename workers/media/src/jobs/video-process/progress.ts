/** How far a checkpoint of `video.process` is. Pure. */
import type { JobProgress } from '@supabase-media/queue/job-type';

/** What a checkpoint has, in the order in which it comes to be; a later one has what the earlier ones had. */
const STAGES = ['source', 'encoded', 'published', 'derived'];

/** Reads any checkpoint, also one of an earlier release. The source is the SHA-256 of its content. */
export function progressOf(checkpoint: unknown): JobProgress {
  const kept = (checkpoint ?? {}) as Readonly<Record<string, unknown>>;
  const source = (kept.source as { readonly sha256?: unknown } | undefined)?.sha256;
  return { source: String(source ?? ''), stage: STAGES.findLastIndex((name) => kept[name] !== undefined) };
}
