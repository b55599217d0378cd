/** One row of `videos`, as people and programs read it. Types only. */

import type { PublishedOutput } from '@supabase-media/core/published-output';

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
  /** What the intake proved of it. */
  readonly source_proof: Readonly<Record<string, unknown>> | null;
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
