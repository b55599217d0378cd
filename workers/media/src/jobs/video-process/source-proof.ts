/**
 * Whether a source is the one that its producer proved. Pure. The size and the SHA-256 settle it; an ETag alone does not
 * say that the content changed: Storage gives another one to the same bytes after a restore, or sent in other parts.
 */
import { formatBytes } from '@supabase-media/core/format';
import { readEtag } from '@supabase-media/upload-protocol/multipart-etag';
import type { VideoProcessPayload } from './contract.ts';

/** What the producer proved, each where it is known. */
export type ProvedSource = Pick<VideoProcessPayload['source'], 'size' | 'etag' | 'sha256'>;

/** What is there. */
export interface SeenSource {
  /** In bytes. */
  readonly size: number;
  readonly etag: string | undefined;
  /** Known once the source was read. */
  readonly sha256?: string | undefined;
  /** Known where the content was read for it. */
  readonly md5?: string | undefined;
}

/**
 * - `same`: nothing known differs.
 * - `unsettled`: only the ETag differs; the content, once it is read, may settle it ({@link settledBy}).
 * - `changed`: only the ETag differs, and nothing that is known can settle it.
 * - `other`: it has another content for certain.
 */
export type SourceVerdict = 'same' | 'unsettled' | 'changed' | 'other';

/** What of the content would settle a difference of the ETag; undefined: nothing. */
export function settledBy({ etag, sha256 }: ProvedSource): 'sha256' | 'md5' | undefined {
  if (sha256 !== undefined) return 'sha256';
  return readEtag(etag).form === 'md5' ? 'md5' : undefined;
}

export function judgeSource(proved: ProvedSource, seen: SeenSource): SourceVerdict {
  if (proved.size !== undefined && proved.size !== seen.size) return 'other';
  if (proved.sha256 !== undefined && seen.sha256 !== undefined) return proved.sha256 === seen.sha256 ? 'same' : 'other';
  if (proved.etag === undefined || seen.etag === undefined || proved.etag === seen.etag) return 'same';
  const settling = settledBy(proved);
  if (settling === undefined) return 'changed';
  if (settling === 'sha256' || seen.md5 === undefined) return 'unsettled';
  // Not `other`: with some kinds of encryption an ETag of this shape is no MD5.
  return proved.etag === seen.md5 ? 'same' : 'changed';
}

/** What differs, with the numbers. */
export function describeChange(proved: ProvedSource, seen: SeenSource): string {
  if (proved.size !== undefined && proved.size !== seen.size)
    return `${proved.size} bytes (${formatBytes(proved.size)}) were checked, ${seen.size} bytes (${formatBytes(seen.size)}) are stored`;
  if (proved.sha256 !== undefined && seen.sha256 !== undefined)
    return `content with SHA-256 ${proved.sha256} was checked, content with SHA-256 ${seen.sha256} is stored`;
  return `version ${proved.etag} was checked, version ${seen.etag} is stored`;
}
