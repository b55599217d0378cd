/** A row of `upload_sessions`, validated on reading. */

import { z } from 'zod';
import { UPLOAD_STATES, uploadDigests, verified } from '../../contract/uploads.ts';
import { timestamp } from './timestamp.ts';

const columns = z.object({
  // Not z.uuid(): seeds contain ids such as 11111111-1111-1111-1111-111111111111, which have no RFC version.
  id: z.guid(),
  owner_id: z.guid(),
  video_id: z.guid(),
  project: z.string(),
  file_name: z.string(),
  size: z.coerce.number(),
  content_type: z.string(),
  sha256: z.string().nullable(),
  bucket: z.string(),
  path: z.string(),
  strategy: z.enum(['single', 'resumable']),
  storage_upload_id: z.string().nullable(),
  confirmed_bytes: z.coerce.number(),
  state: z.enum(UPLOAD_STATES),
  // Of a later release, or from before the columns: then nothing is known.
  digests: uploadDigests.nullish().catch(null),
  verified: verified.nullish().catch(null),
  end_code: z.string().nullable(),
  claimed_by: z.string().nullable(),
  cleaned_at: timestamp.nullable(),
  tokens_until: timestamp.nullable(),
  created_at: timestamp,
  expires_at: timestamp,
  ended_at: timestamp.nullable(),
});

/** The table, for checks of the set-up. */
export const SESSION_TABLE = { table: 'upload_sessions', columns: Object.keys(columns.shape).join(',') } as const;

export const uploadSessionRow = columns.transform((row) => ({
  id: row.id,
  ownerId: row.owner_id,
  videoId: row.video_id,
  project: row.project,
  fileName: row.file_name,
  size: row.size,
  contentType: row.content_type,
  sha256: row.sha256 ?? undefined,
  bucket: row.bucket,
  path: row.path,
  strategy: row.strategy,
  storageUploadId: row.storage_upload_id ?? undefined,
  confirmedBytes: row.confirmed_bytes,
  state: row.state,
  /** As the uploader took them of the file. */
  digests: row.digests ?? undefined,
  verified: row.verified ?? undefined,
  endCode: row.end_code ?? undefined,
  claimedBy: row.claimed_by ?? undefined,
  cleanedAt: row.cleaned_at ?? undefined,
  tokensUntil: row.tokens_until ?? undefined,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  endedAt: row.ended_at ?? undefined,
}));

/** One upload; sizes in bytes. */
export type UploadSession = z.output<typeof uploadSessionRow>;
