/** One card: an upload, the video that it became, or both. Pure. */
import type { UploadRecord } from '@supabase-media/uploader';
import type { UploadItem } from '@supabase-media/uploader/react/upload-list';
import type { VideoItem } from './video-item.ts';

export interface Entry {
  /** The same from the first byte to the end, so that a card stays the element that it is. */
  readonly key: string;
  /** Its place in time, in milliseconds since the epoch: when it was added here, else when the video was made. */
  readonly at: number;
  /** Its upload, if this page sends or sent it. */
  readonly upload: UploadItem | undefined;
  /** Its upload, if another window sends it. */
  readonly elsewhere: UploadRecord | undefined;
  readonly item: VideoItem | undefined;
}

export interface EntrySources {
  /** In the order in which they were added. */
  readonly uploads: readonly UploadItem[];
  readonly elsewhere: readonly UploadRecord[];
  readonly videos: readonly VideoItem[];
  /** Deleted, or about to be: neither the video nor its upload is shown. */
  readonly aside: ReadonlySet<string>;
}

/** Newest first; of what was added at once, the first first. A video whose upload began here keeps the upload's place. */
export function mergeEntries({ uploads, elsewhere, videos, aside }: EntrySources): readonly Entry[] {
  const left = new Map(videos.map((item) => [item.video.id, item]));
  const entries: Entry[] = [];
  const isHere = new Set<string>();
  for (const upload of uploads) {
    const { videoId } = upload;
    if (upload.isSetAside || (videoId !== undefined && aside.has(videoId))) continue;
    const item = videoId === undefined ? undefined : left.get(videoId);
    if (videoId !== undefined) {
      // The same file sent again may resume a session that ended as a video: one card for both.
      if (isHere.has(videoId)) continue;
      isHere.add(videoId);
      left.delete(videoId);
    }
    entries.push({ key: upload.id, at: upload.addedAt, upload, elsewhere: undefined, item });
  }
  for (const record of elsewhere) {
    const { sessionId } = record;
    if (isHere.has(sessionId) || left.has(sessionId) || aside.has(sessionId)) continue;
    // A session and its video have one id. It ends a day after it began, which is when its upload was added there.
    const at = Date.parse(record.expiresAt) - SESSION_MS;
    entries.push({ key: sessionId, at, upload: undefined, elsewhere: record, item: undefined });
  }
  for (const item of left.values()) {
    const { id, createdAt } = item.video;
    entries.push({ key: id, at: Date.parse(createdAt), upload: undefined, elsewhere: undefined, item });
  }
  return entries.sort((a, b) => b.at - a.at);
}

/** How long an upload session lives, in milliseconds. */
const SESSION_MS = 24 * 60 * 60 * 1000;
