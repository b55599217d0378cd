/**
 * What the upload API says, as types: sizes in bytes, durations in seconds, times as ISO 8601 in UTC. The server
 * validates by schemas of its own (`apps/web/src/contract/`); a test there holds both to the same shapes.
 */
import type { PublishedOutput } from '@supabase-media/core/published-output';

/** What was compared of a stored object: its ETag (`md5`, `multipart-etag`), every byte, or no more than the size. */
export type Verified = 'md5' | 'multipart-etag' | 'readback' | 'size';

/** `open` takes bytes; `completing` is being verified; the others are ends. */
export type UploadSessionState = 'open' | 'completing' | 'completed' | 'canceled' | 'abandoned';

export interface CreateUploadRequest {
  /** The name as the person knows it; no path. */
  readonly fileName: string;
  readonly size: number;
  /** As the browser declares it; may be empty. */
  readonly contentType?: string | undefined;
  /** First folder of the results; letters, digits, _ and -. */
  readonly project?: string | undefined;
  /** Of the whole file, in hexadecimal. */
  readonly sha256?: string | undefined;
}

/** What an open upload needs: where to send the bytes and by which right. */
export interface OpenUpload {
  readonly id: string;
  /** The video that the upload becomes. */
  readonly videoId: string;
  readonly state: 'open';
  readonly fileName: string;
  readonly size: number;
  readonly bucket: string;
  readonly path: string;
  readonly contentType: string;
  /** `single`: one PUT to the endpoint; `resumable`: TUS. */
  readonly strategy: 'single' | 'resumable';
  readonly endpoint: string;
  /** The TUS upload that the API has made at Storage; null for `single`. */
  readonly uploadUrl: string | null;
  readonly token: string;
  readonly uploadMetadata: {
    readonly bucketName: string;
    readonly objectName: string;
    readonly contentType: string;
    readonly cacheControl: string;
  } | null;
  /** What Storage demands of every PATCH but the last; null: it takes any size. */
  readonly chunkBytes: number | null;
  readonly relayEndpoint: string;
  readonly relayUploadUrl: string | null;
  readonly confirmedBytes: number;
  readonly tokenExpiresAt: string;
  readonly expiresAt: string;
}

/** Of the file as the client has it. */
export interface UploadDigests {
  /** Of the whole file, in hexadecimal. */
  readonly md5: string;
  /** ETags that S3 gives the file in parts: the MD5 of the parts' MD5s, a dash and their number. */
  readonly etags: readonly string[];
}

export interface CompleteUploadRequest {
  readonly digests?: UploadDigests | undefined;
}

export interface ResumeUploadRequest {
  /** An upload at Storage that is not to be trusted: it is ended, and another one made. */
  readonly abandon?: string | undefined;
}

export interface Upload {
  readonly id: string;
  readonly videoId: string;
  readonly state: UploadSessionState;
  readonly fileName: string;
  readonly size: number;
  readonly confirmedBytes: number;
  /** null before the upload is completed. */
  readonly verified: Verified | null;
  readonly expiresAt: string;
  readonly createdAt: string;
  readonly endedAt: string | null;
}

export interface UploadList {
  readonly uploads: readonly Upload[];
}

export interface ReportProgressRequest {
  readonly confirmedBytes: number;
}

/** What became of the job that processes the video. */
export type JobState = 'created' | 'existing' | 'requeued';

export interface CompletedUpload {
  readonly id: string;
  readonly videoId: string;
  readonly state: 'completed';
  /** null for an upload of an earlier release. */
  readonly verified: Verified | null;
  readonly jobState: JobState;
}

export interface CanceledUpload {
  readonly id: string;
  readonly state: 'canceled';
}

export type VideoStatus = 'queued' | 'processing' | 'ready' | 'rejected' | 'failed' | 'canceled';
export type VideoOutcome = 'processed' | 'remuxed' | 'rejected';

/** One result, with an address that works for as long as `urlExpiresAt` of the video says. */
export interface VideoOutput extends PublishedOutput {
  /** Signed and short-lived; null in lists. */
  readonly url: string | null;
}

export interface Video {
  readonly id: string;
  readonly project: string;
  readonly status: VideoStatus;
  readonly step: string | null;
  /** Whole percent of all steps. */
  readonly progress: number;
  /** How many videos wait before this one; null where it does not wait, or nobody knows. */
  readonly waitingBefore: number | null;
  readonly outcome: VideoOutcome | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  /** As its owner named it; null: not yet, so the file's name stands for it. */
  readonly title: string | null;
  /** As uploaded; null where the video came another way. */
  readonly fileName: string | null;
  readonly sourceBucket: string;
  readonly sourcePath: string;
  readonly sourceSize: number | null;
  readonly sourceSha256: string | null;
  /** How the source was compared with what its uploader had; null: not. */
  readonly sourceVerified: Verified | null;
  readonly facts: { readonly [name: string]: unknown };
  readonly outputs: readonly VideoOutput[];
  readonly urlExpiresAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

export interface VideoList {
  readonly videos: readonly Video[];
  /** For the next page; null at the end. */
  readonly nextBefore: string | null;
}

export interface RenameVideoRequest {
  /** 1 to 200 characters; null: the file's name again. */
  readonly title: string | null;
}

export interface RetriedVideo {
  readonly id: string;
  readonly jobState: JobState;
}

export interface CanceledVideo {
  readonly id: string;
  /** `canceling`: a worker was told; `finished`: too late; `unknown`: no job. */
  readonly state: 'canceled' | 'canceling' | 'finished' | 'unknown';
}

export interface DeletedVideo {
  readonly id: string;
  readonly deleted: true;
}

/** The data of a `progress` event. */
export interface VideoProgressEvent {
  readonly status: VideoStatus;
  readonly step: string | null;
  readonly percent: number;
  /** Seconds of video a second. */
  readonly speed?: number | undefined;
  readonly etaSeconds?: number | undefined;
}

/** The data of the `ended` event, the last of its stream. */
export interface VideoEndedEvent {
  readonly status: VideoStatus;
  readonly outcome: VideoOutcome | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}

/** What a page must know before anyone has signed in; nothing in it is secret. */
export interface PublicConfig {
  readonly supabaseUrl: string;
  /** The anonymous or publishable key for signing in; null: not set. */
  readonly supabaseKey: string | null;
  /** The largest file that this API takes; Storage may take less. */
  readonly maxBytes: number;
  readonly acceptedTypes: readonly string[];
  /** Lower case, without the dot. */
  readonly acceptedExtensions: readonly string[];
  readonly singleBelowBytes: number;
}

/** The one shape that every error of the API has. */
export interface ErrorBody {
  readonly error: {
    readonly code: ApiErrorCode;
    readonly message: string;
    readonly action: string;
    readonly details?: { readonly [name: string]: unknown } | undefined;
  };
}

/** Codes of the API's refusals. */
export type ApiErrorCode =
  | 'anonymous_refused'
  | 'auth_unavailable'
  | 'content_refused'
  | 'database_unavailable'
  | 'digest_mismatch'
  | 'file_too_large'
  | 'internal'
  | 'invalid_request'
  | 'name_refused'
  | 'not_found'
  | 'queue_unavailable'
  | 'rate_limited'
  | 'relay_busy'
  | 'relay_refused'
  | 'relay_too_slow'
  | 'session_ended'
  | 'session_expired'
  | 'session_not_found'
  | 'size_refused'
  | 'storage_unavailable'
  | 'token_expired'
  | 'too_many_listeners'
  | 'too_many_queued'
  | 'too_many_sessions'
  | 'type_refused'
  | 'unauthorized'
  | 'upload_incomplete'
  | 'video_busy'
  | 'video_not_found'
  | 'video_rejected';
