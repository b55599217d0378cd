/** A row of `videos`, validated on reading. */

import type { SourceProof } from '@supabase-media/database/videos';
import { PROOFS } from '@supabase-media/upload-protocol/decide-proof';
import { z } from 'zod';
import { VIDEO_STATUSES } from '../../contract/videos.ts';
import { timestamp } from './timestamp.ts';

const output = z.object({
  kind: z.string(),
  bucket: z.string(),
  path: z.string(),
  contentType: z.string(),
  bytes: z.number(),
  files: z.number().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  durationSeconds: z.number().optional(),
  language: z.string().optional(),
  label: z.string().optional(),
  disposition: z.enum(['default', 'forced']).optional(),
  origin: z.literal('added').optional(),
});

const sourceProof = z.object({
  size: z.int().min(0).optional(),
  etag: z.string().optional(),
  sha256: z.string().optional(),
  verified: z.enum(PROOFS).optional().catch(undefined),
}) satisfies z.ZodType<SourceProof>;

export const videoRow = z.object({
  id: z.guid(),
  owner_id: z.guid().nullable(),
  project: z.string(),
  source_bucket: z.string(),
  source_path: z.string(),
  source_size: z.coerce.number().nullable(),
  source_sha256: z.string().nullable(),
  source_proof: sourceProof.nullable(),
  title: z.string().nullable().default(null),
  file_name: z.string().nullable(),
  status: z.enum(VIDEO_STATUSES),
  step: z.string().nullable(),
  progress: z.number(),
  outcome: z.enum(['processed', 'remuxed', 'rejected']).nullable(),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  facts: z.record(z.string(), z.unknown()),
  outputs: z.array(output),
  created_at: timestamp,
  updated_at: timestamp,
  started_at: timestamp.nullable(),
  finished_at: timestamp.nullable(),
});

export type VideoRow = z.output<typeof videoRow>;

/** The final statuses of a video. */
const ENDED_STATUSES = ['ready', 'rejected', 'failed', 'canceled'] as const satisfies readonly VideoRow['status'][];

export const isEndedStatus = (status: VideoRow['status']): boolean =>
  (ENDED_STATUSES as readonly string[]).includes(status);
