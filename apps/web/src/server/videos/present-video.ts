/** Videos as the API returns them. */
import type { Video } from '../../contract/videos.ts';
import type { VideoRow } from '../database/video-row.ts';

/** Signed addresses by bucket and path, and when they expire. */
export interface SignedUrls {
  readonly urlOf: (output: { bucket: string; path: string }) => string | null;
  readonly expiresAt: Date;
}

export interface PresentOptions {
  /** Absent in lists, whose outputs have no addresses. */
  readonly signed?: SignedUrls | undefined;
  /** How many videos wait before it, where that was counted. */
  readonly waitingBefore?: number | undefined;
}

export function presentVideo(row: VideoRow, { signed, waitingBefore }: PresentOptions = {}): Video {
  return {
    id: row.id,
    project: row.project,
    status: row.status,
    step: row.step,
    progress: row.progress,
    waitingBefore: row.status === 'queued' ? (waitingBefore ?? null) : null,
    outcome: row.outcome,
    errorCode: row.error_code,
    errorMessage: row.error_message,
    title: row.title,
    fileName: row.file_name,
    sourceBucket: row.source_bucket,
    sourcePath: row.source_path,
    sourceSize: row.source_size,
    sourceSha256: row.source_sha256,
    sourceVerified: row.source_proof?.verified ?? null,
    facts: row.facts,
    outputs: row.outputs.map((output) => ({ ...output, url: signed?.urlOf(output) ?? null })),
    urlExpiresAt: signed === undefined || row.outputs.length === 0 ? null : signed.expiresAt.toISOString(),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    finishedAt: row.finished_at?.toISOString() ?? null,
  };
}
