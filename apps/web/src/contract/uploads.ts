/** Requests and answers of `/api/uploads`. Sizes in bytes, times as ISO 8601 in UTC. */

import { PROOFS } from '@supabase-media/upload-protocol/decide-proof';
import { LIST_MAX } from '@supabase-media/upload-protocol/limits';
import { z } from 'zod';

/** `open` takes bytes; `completing` is being proved; the others are ends. */
export const UPLOAD_STATES = ['open', 'completing', 'completed', 'canceled', 'abandoned'] as const;

const uploadState = z.enum(UPLOAD_STATES);
const time = z.iso.datetime();
const bytes = z.int().min(0);

/** What was compared of a stored object. */
export const verified = z
  .enum(PROOFS)
  .describe(
    'How the stored bytes were compared with the file: md5 and multipart-etag: by the ETag that Storage has; readback: by reading them; size: only their number, since the client told no digest.',
  );

export const createUploadRequest = z
  .strictObject({
    fileName: z.string().min(1).max(1024).describe('The name as the person knows it; no path.'),
    size: z.number().describe('In bytes; more than 0.'),
    contentType: z.string().max(255).optional().describe('As the browser declares it; it may be empty.'),
    project: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/)
      .optional()
      .describe('First folder of the results; letters, digits, _ and -. Left out: default.'),
    sha256: z
      .string()
      .regex(/^[0-9a-fA-F]{64}$/)
      .optional()
      .describe('Of the whole file, in hexadecimal; it is compared before or while the video is processed.'),
  })
  .meta({ id: 'CreateUploadRequest' });
export type CreateUploadRequest = z.infer<typeof createUploadRequest>;

/** What an open upload needs: where to send the bytes and by which right. */
export const openUpload = z
  .object({
    id: z.guid(),
    videoId: z.guid().describe('The video that the upload becomes.'),
    state: z.literal('open'),
    fileName: z.string(),
    size: bytes,
    bucket: z.string(),
    path: z.string().describe('The object key; decided by the server.'),
    contentType: z.string().describe('The type to send the bytes with.'),
    strategy: z.enum(['single', 'resumable']).describe('single: one PUT to the endpoint; resumable: TUS.'),
    endpoint: z.url().describe('single: the signed address to PUT to; resumable: the TUS endpoint …/sign.'),
    uploadUrl: z
      .url()
      .nullable()
      .describe(
        'resumable: the TUS upload that the API has already made at Storage. Go on there (HEAD, then PATCH), also after a reload, and through the relay at relayUploadUrl; make a new one at the endpoint only when it answers 404 or 410. null for single.',
      ),
    token: z.string().describe('resumable: sent with every request as the header x-signature.'),
    uploadMetadata: z
      .object({ bucketName: z.string(), objectName: z.string(), contentType: z.string(), cacheControl: z.string() })
      .nullable()
      .describe('What the TUS header Upload-Metadata must carry; null for single.'),
    chunkBytes: z.int().positive().nullable().describe('Bytes of one PATCH; null: one PATCH may carry all.'),
    relayEndpoint: z.string().describe('Speaks TUS with the user’s own sign-in, where Storage cannot be reached.'),
    relayUploadUrl: z
      .string()
      .nullable()
      .describe('The same upload as uploadUrl, by way of the relay: what went directly is not sent again.'),
    confirmedBytes: bytes.describe('As known to the API; after a resume it is what Storage has.'),
    tokenExpiresAt: time,
    expiresAt: time.describe('When the session can no longer be taken up.'),
  })
  .meta({ id: 'OpenUpload' });
export type OpenUpload = z.infer<typeof openUpload>;

/** An upload may have more layouts of parts than one; no client needs more than a few. */
const ETAGS_MAX = 8;

export const uploadDigests = z
  .strictObject({
    md5: z
      .string()
      .regex(/^[0-9a-f]{32}$/)
      .describe('Of the whole file, in hexadecimal.'),
    etags: z
      .array(z.string().regex(/^[0-9a-f]{32}-[1-9][0-9]{0,4}$/))
      .max(ETAGS_MAX)
      .default([])
      .describe(
        'ETags that S3 gives the file in parts: the MD5 of the MD5s of its parts, - and their number. Storage with an S3 backend cuts one request of a resumable upload into parts of 50 MiB.',
      ),
  })
  .meta({ id: 'UploadDigests' });
export type UploadDigests = z.infer<typeof uploadDigests>;

/** The body of `POST /api/uploads/:id/resume`; it may be absent. */
export const resumeUploadRequest = z
  .strictObject({
    abandon: z
      .string()
      .regex(/^[\w.~-]{1,2048}$/)
      .optional()
      .describe(
        'The last segment of uploadUrl, where Storage said of that upload what cannot be true: it is ended, and another one made.',
      ),
  })
  .meta({ id: 'ResumeUploadRequest' });

/** The body of `POST /api/uploads/:id/complete`; it may be absent. */
export const completeUploadRequest = z
  .strictObject({
    digests: uploadDigests
      .optional()
      .describe('Of the file as the client has it: without, a byte that changed on the way is not noticed.'),
  })
  .meta({ id: 'CompleteUploadRequest' });

export const upload = z
  .object({
    id: z.guid(),
    videoId: z.guid(),
    state: uploadState,
    fileName: z.string(),
    size: bytes,
    confirmedBytes: bytes.describe('At least so many bytes are in Storage; asking never disturbs a running PATCH.'),
    verified: verified.nullable().describe('What was compared; null before the upload is completed.'),
    expiresAt: time,
    createdAt: time,
    endedAt: time.nullable(),
  })
  .meta({ id: 'Upload' });
export type Upload = z.infer<typeof upload>;

export const listUploadsQuery = z.strictObject({ state: uploadState.optional() });

export const uploadList = z
  .object({ uploads: z.array(upload).max(LIST_MAX).describe('Newest first.') })
  .meta({ id: 'UploadList' });

/** `PUT /api/uploads/:id/progress` → 204. Optional: it only feeds what GET tells other tabs and devices. */
export const reportProgressRequest = z
  .strictObject({ confirmedBytes: bytes.describe('The last offset that Storage acknowledged to this client.') })
  .meta({ id: 'ReportProgressRequest' });

export const completedUpload = z
  .object({
    id: z.guid(),
    videoId: z.guid(),
    state: z.literal('completed'),
    verified: verified.nullable().describe('What was compared; null for an upload of an earlier release.'),
    jobState: z.enum(['created', 'existing', 'requeued']).describe('What became of the job that processes the video.'),
  })
  .meta({ id: 'CompletedUpload' });
export type CompletedUpload = z.infer<typeof completedUpload>;

export const canceledUpload = z.object({ id: z.guid(), state: z.literal('canceled') }).meta({ id: 'CanceledUpload' });
export type CanceledUpload = z.infer<typeof canceledUpload>;
