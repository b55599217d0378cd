/** What the routes share: one attempt at sending one file, from the first byte. */
import type { StorageConnection } from './connection.ts';
import type { SourceFile } from './source-file.ts';
import type { TransportClocks } from './transport.ts';

/** One attempt, as every route is handed it. */
export interface UploadAttempt {
  readonly connection: StorageConnection;
  readonly file: SourceFile;
  readonly bucket: string;
  readonly path: string;
  readonly contentType: string;
  /** Whether an object that is already there may be replaced. */
  readonly upsert: boolean;
  /** Kept with the object as user metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly clocks: TransportClocks;
  readonly signal: AbortSignal | undefined;
  /** Told the bytes of this attempt that were handed to the socket. */
  readonly onSent: (bytes: number) => void;
}

/** Sends the file once; resolves when Storage said that it is stored. */
export type UploadRoute = (attempt: UploadAttempt) => Promise<void>;

/** As in "Uploading project-videos/a.mp4", for messages. */
export const actionOf = (attempt: Pick<UploadAttempt, 'bucket' | 'path'>): string =>
  `Uploading ${attempt.bucket}/${attempt.path}`;
