/**
 * How the place where Storage keeps its objects shows itself to clients: a folder (the file backend), or an S3 server as
 * at hosted Supabase. The bytes lie in files either way.
 */
import { REFUSALS, type StorageError } from '../storage-error.ts';
import { type BodyDigest, createPartsDigest, createWholeDigest } from './body-digest.ts';

export const BACKENDS = ['file', 's3'] as const;
export type Backend = (typeof BACKENDS)[number];

export interface ObjectStore {
  readonly backend: Backend;
  /** What `Upload-Expires` promises, in milliseconds; 0: resumable uploads live for ever, and nothing is promised. */
  readonly uploadExpiryMs: number;
  /** The ETag of a body that comes in one request. */
  createBodyDigest(): BodyDigest;
  /** The answer to a range that lies behind the end of an object. */
  refuseRange(): StorageError;
  /** @throws StorageError in the words of the Storage server, while the store cannot be reached */
  reach(): void;
  readonly isAway: boolean;
  /** Makes the store unreachable from now on for that long; a later call replaces an earlier one. */
  goAway(milliseconds: number): void;
}

/** `STORAGE_S3_UPLOAD_PART_SIZE` of the Storage server, by default. */
const BODY_PART_BYTES = 16 * 1024 * 1024;

/** `TUS_URL_EXPIRY_MS` of the Storage server, by default; its file backend does not use it. */
const UPLOAD_EXPIRY_MS = { file: 0, s3: 3_600_000 } as const;

/** @param uploadExpiryMs @defaultValue an hour on S3; never on files */
export function createObjectStore(backend: Backend, uploadExpiryMs: number = UPLOAD_EXPIRY_MS[backend]): ObjectStore {
  let awayUntil = 0;
  const store: ObjectStore = {
    backend,
    uploadExpiryMs,
    createBodyDigest: () => (backend === 's3' ? createPartsDigest(BODY_PART_BYTES, store.reach) : createWholeDigest()),
    refuseRange: backend === 's3' ? REFUSALS.internal : REFUSALS.badRange,
    reach: () => {
      if (store.isAway) throw REFUSALS.storeAway();
    },
    get isAway() {
      return performance.now() < awayUntil;
    },
    goAway: (milliseconds) => {
      awayUntil = performance.now() + milliseconds;
    },
  };
  return store;
}
