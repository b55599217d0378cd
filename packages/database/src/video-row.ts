/** One row of `videos`, as people and programs read it. Types only. */

/** One published result of a job. */
export interface PublishedOutput {
  /** As the catalog of outputs names it: `video`, `storyboard` (its picture), `storyboard_index`, `hls` (its master playlist), … */
  readonly kind: string;
  readonly bucket: string;
  readonly path: string;
  readonly contentType: string;
  /** Size in bytes; of a result of many files, of all together. */
  readonly bytes: number;
  /** How many files a result is made of, where it is more than one. */
  readonly files?: number | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly durationSeconds?: number | undefined;
}

export type VideoStatus = 'queued' | 'processing' | 'ready' | 'rejected' | 'failed' | 'canceled';

/** One row, as people and programs read it. */
export interface VideoRow {
  readonly id: string;
  readonly owner_id: string | null;
  readonly project: string;
  readonly source_bucket: string;
  readonly source_path: string;
  readonly source_size: number | null;
  readonly source_sha256: string | null;
  readonly status: VideoStatus;
  readonly step: string | null;
  readonly progress: number;
  readonly outcome: 'processed' | 'remuxed' | 'rejected' | null;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly outputs: readonly PublishedOutput[];
  readonly job_id: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
}
