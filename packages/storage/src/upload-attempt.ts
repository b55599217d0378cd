/** What the routes share: one attempt at sending one file. */
import type { StorageConnection } from './connection.ts';
import type { SourceFile } from './source-file.ts';
import type { TransportTimeouts } from './transport.ts';

/** What is kept with an object as user metadata. */
export interface UploadMetadata extends Readonly<Record<string, string>> {
  /** Tells this upload's object from any other, so that an ambiguous answer can be settled by looking. */
  readonly uploadId: string;
}

/** One attempt, as every route is handed it. */
export interface UploadAttempt {
  readonly connection: StorageConnection;
  readonly file: SourceFile;
  readonly bucket: string;
  readonly path: string;
  readonly contentType: string;
  /** Whether an object that is already there may be replaced. */
  readonly upsert: boolean;
  readonly metadata: UploadMetadata;
  readonly timeouts: TransportTimeouts;
  readonly signal: AbortSignal | undefined;
  /** Told the bytes of the running request that the socket took, and how far into the file that is. */
  readonly onSent: (requestBytes: number, position: number) => void;
  /** Told Storage's offset before sending continues from there. */
  readonly onResumed: (offset: number) => void;
  /** Told that a request has ended and another one of the same attempt may follow. */
  readonly onSettled: () => void;
  /** Told that a body was refused for its size and smaller ones follow; both in bytes. */
  readonly onChunkSize: (bytes: number, refusedBytes: number) => void;
}

/** Sends the file once; resolves when Storage said that it is stored. */
export type UploadRoute = (attempt: UploadAttempt) => Promise<void>;

/** As in "Uploading project-videos/a.mp4", for messages. */
export const actionOf = (attempt: Pick<UploadAttempt, 'bucket' | 'path'>): string =>
  `Uploading ${attempt.bucket}/${attempt.path}`;
