/** Which names of buckets and objects are taken (measured on the Storage server 1.11.2, file backend). */
import { REFUSALS, refuseKey } from './storage-error.ts';

const OBJECT_NAME = /^[A-Za-z0-9_/!.*'() &$=@;:+,?-]+$/;
const BUCKET_NAME = /^[A-Za-z0-9_!.*'() &$=@;:+,?-]{1,100}$/;

/** Longest name of a file on the usual file systems; the real file backend fails on a longer segment. */
const MAX_SEGMENT_BYTES = 255;

/** @throws StorageError InvalidKey */
export function checkObjectName(name: string): void {
  if (!OBJECT_NAME.test(name)) throw refuseKey(name);
}

/**
 * For names that an object is about to be written under: no `.` or `..` segment, and none longer than 255 bytes.
 * @throws StorageError InvalidKey, or an internal error for the long segment, as the real server answers
 */
export function checkNewObjectName(bucket: string, name: string): void {
  checkObjectName(name);
  const segments = name.split('/');
  if (segments.some((segment) => segment === '.' || segment === '..')) {
    throw refuseKey(`${bucket}/${name}`, 'contains dot path segment');
  }
  if (segments.some((segment) => Buffer.byteLength(segment) > MAX_SEGMENT_BYTES)) throw REFUSALS.internal();
}

/** @throws StorageError InvalidBucketName */
export function checkBucketName(name: string): void {
  if (!BUCKET_NAME.test(name) || name.trim() !== name) throw REFUSALS.badBucketName();
}

/** The dashboard's stand-in for an empty folder: no MIME rule, and always 0 bytes. */
export function isFolderPlaceholder(name: string): boolean {
  return name.endsWith('.emptyFolderPlaceholder');
}
