/** What a caller hands to an upload and gets of it, and what all uploads of one uploader share. */

import type { Verified } from '../contract.ts';
import type { Connectivity } from './abortable-wait.ts';
import type { ApiClient } from './api-client.ts';
import type { NamespacedStore } from './namespaced-store.ts';
import type { PathCache } from './path-cache.ts';
import type { UploadProgress } from './progress.ts';
import type { Slots } from './slots.ts';
import type { Transport } from './transport.ts';
import type { UploadError } from './upload-error.ts';
import type { UploadRecord } from './upload-record.ts';
import type { UploadsApi } from './uploads-api.ts';

/**
 * What an upload is doing. `queued`: others are sent first. `waiting`: for a connection or the server, then it tries
 * again automatically. `completing`: every byte is there, and the API looks at them.
 */
export type UploadState =
  | { readonly name: 'queued' | 'preparing' | 'paused' | 'completing' | 'canceled' }
  /** `resumedFrom`: bytes that an earlier attempt, perhaps of another day, had brought; 0 for none. */
  | { readonly name: 'uploading'; readonly resumedFrom: number }
  | { readonly name: 'waiting'; readonly error: UploadError; readonly waitMs: number }
  | { readonly name: 'completed'; readonly videoId: string }
  | { readonly name: 'failed'; readonly error: UploadError };

export interface UploadVideoOptions {
  /** At most four times a second. */
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
  readonly onState?: ((state: UploadState) => void) | undefined;
  /** Ends the upload here and keeps its resume point; {@link UploadHandle.cancel} gives it up. */
  readonly signal?: AbortSignal | undefined;
  readonly project?: string | undefined;
  /** Of the whole file, in hexadecimal, if it is known. */
  readonly sha256?: string | undefined;
  /**
   * Fail with `sent_elsewhere` where this page or another tab is sending the same file. Unless told, it gets an upload of
   * its own, and becomes a second video.
   */
  readonly once?: boolean | undefined;
}

export interface UploadResult {
  readonly videoId: string;
  readonly sessionId: string;
  /** How the stored bytes were compared with the file; null: the API does not say. */
  readonly verified: Verified | null;
}

/** One running upload. */
export interface UploadHandle {
  /** @throws {UploadError} `canceled`, `stopped`, and whatever ended it. */
  readonly finished: Promise<UploadResult>;
  readonly state: () => UploadState;
  readonly progress: () => UploadProgress;
  /** The video that it becomes; undefined until the API was asked for a session. */
  readonly videoId: () => string | undefined;
  /** Ends the requests and keeps the resume point. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Gives the upload up, here and at the server. */
  readonly cancel: () => void;
  /** As `cancel`, while the page is left and nothing can be waited for. */
  readonly cancelOnLeave: () => void;
}

/** What all uploads of one uploader share. */
export interface TaskTools {
  readonly client: ApiClient;
  readonly uploads: UploadsApi;
  readonly transport: Transport;
  readonly records: NamespacedStore<UploadRecord>;
  readonly paths: PathCache;
  readonly slots: Slots;
  readonly connectivity: Connectivity;
  /** Fingerprints that are being sent: the same file twice at once gets two sessions. */
  readonly underWay: Set<string>;
  readonly stallMs: number;
  readonly maxRetries: number;
  readonly random: () => number;
}
