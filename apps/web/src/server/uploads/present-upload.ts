/** Upload sessions as the API tells them. Pure. */
import type { OpenUpload, Upload } from '../../contract/uploads.ts';
import type { WebConfig } from '../config.ts';
import type { UploadSession } from '../database/upload-session.ts';
import type { UploadGrant } from '../storage/upload-storage.ts';

/** What caches keep of a source: it is private, and read by the worker once. */
export const CACHE_CONTROL = '3600';

export const relayPath = (sessionId: string, uploadId?: string): string =>
  `/api/uploads/${sessionId}/relay${uploadId === undefined ? '' : `/${uploadId}`}`;

/** A session past its time is told as what the next sweep makes of it. */
export function presentUpload(session: UploadSession, now: number): Upload {
  const isPast = session.state === 'open' && session.expiresAt.getTime() <= now;
  return {
    id: session.id,
    videoId: session.videoId,
    state: isPast ? 'abandoned' : session.state,
    fileName: session.fileName,
    size: session.size,
    confirmedBytes: Math.min(session.confirmedBytes, session.size),
    verified: session.verified ?? null,
    expiresAt: session.expiresAt.toISOString(),
    createdAt: session.createdAt.toISOString(),
    endedAt: session.endedAt?.toISOString() ?? null,
  };
}

/** Where the bytes go, and by which right. */
export function presentOpenUpload(options: {
  readonly session: UploadSession;
  readonly grant: UploadGrant;
  readonly config: Pick<WebConfig, 'supabase' | 'intake'>;
  readonly confirmedBytes: number;
}): OpenUpload {
  const { session, grant, config } = options;
  const storageUrl = `${config.supabase.publicUrl}/storage/v1`;
  const isResumable = session.strategy === 'resumable';
  const endpoint = isResumable ? `${storageUrl}/upload/resumable/sign` : `${storageUrl}${grant.path}`;
  const uploadId = isResumable ? session.storageUploadId : undefined;
  return {
    id: session.id,
    videoId: session.videoId,
    state: 'open',
    fileName: session.fileName,
    size: session.size,
    bucket: session.bucket,
    path: session.path,
    contentType: session.contentType,
    strategy: session.strategy,
    endpoint,
    uploadUrl: uploadId === undefined ? null : `${endpoint}/${uploadId}`,
    token: grant.token,
    uploadMetadata: isResumable
      ? {
          bucketName: session.bucket,
          objectName: session.path,
          contentType: session.contentType,
          cacheControl: CACHE_CONTROL,
        }
      : null,
    chunkBytes: isResumable ? config.intake.chunkBytes : null,
    relayEndpoint: relayPath(session.id),
    relayUploadUrl: uploadId === undefined ? null : relayPath(session.id, uploadId),
    confirmedBytes: options.confirmedBytes,
    tokenExpiresAt: grant.expiresAt.toISOString(),
    expiresAt: session.expiresAt.toISOString(),
  };
}
