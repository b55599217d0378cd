/** What a transfer is given and offers. */
import type { OpenUpload } from '../contract/uploads.ts';
import type { Connectivity } from './abortable-wait.ts';
import type { ApiClient } from './api-client.ts';
import type { PathCache } from './path-cache.ts';
import type { ProgressMeter } from './progress.ts';
import type { Transport } from './transport.ts';
import type { UploadError } from './upload-error.ts';
import type { UploadSource } from './upload-source.ts';
import type { UploadsApi } from './uploads-api.ts';

/** What a transfer waits for. */
export interface TransferWait {
  readonly error: UploadError;
  /** Milliseconds. */
  readonly waitMs: number;
}

export interface TransferOptions {
  readonly session: OpenUpload;
  readonly source: UploadSource;
  /** The upload at Storage, where it is not the one that the session names. */
  readonly uploadId: string | null;
  readonly transport: Transport;
  readonly client: ApiClient;
  readonly uploads: UploadsApi;
  readonly ways: PathCache;
  readonly meter: ProgressMeter;
  readonly connectivity: Connectivity;
  /** How long no byte may move, in milliseconds. */
  readonly stallMs: number;
  /** Tries in a row without a new confirmed byte. */
  readonly maxRetries: number;
  readonly random: () => number;
  /** Something worth remembering changed: the confirmed offset, or the upload at Storage. */
  readonly onPlace: (place: { readonly confirmedBytes: number; readonly uploadId: string | null }) => void;
  readonly onWait: (wait: TransferWait) => void;
  /** Bytes move (again). */
  readonly onMoving: () => void;
}

export interface Transfer {
  /**
   * Ends when Storage has every byte.
   *
   * @throws {UploadError} when there is nothing more to try; the signal's reason when it ended the run.
   */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** The next run sends everything again, whatever Storage says it has. */
  readonly startOver: () => void;
}
