import type { Md5 } from '@supabase-media/upload-protocol/multipart-etag';

/** A file to send. A browser's File is one; in Node `openFileSource` makes one from a path. */
export interface UploadSource {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** As the browser declares it; may be empty. */
  readonly type: string;
  /** Milliseconds since the epoch. */
  readonly lastModified: number;
  /** Begins an MD5, where there is a faster one than in JavaScript, such as Node's. */
  readonly createMd5?: () => Md5;
  /** A view of some of its bytes, which are not read yet. */
  readonly slice: (start: number, end: number) => Blob;
}
