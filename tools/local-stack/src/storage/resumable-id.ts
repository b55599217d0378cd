/** The last segment of a resumable upload's URL: base64url of `<bucket>/<object name>/<version>`. */
import { REFUSALS } from './storage-error.ts';

export interface ResumableId {
  readonly bucket: string;
  readonly name: string;
  /** The uuid that the object's version will have; it alone names the upload on disk. */
  readonly version: string;
}

export function encodeResumableId(id: ResumableId): string {
  return Buffer.from(`${id.bucket}/${id.name}/${id.version}`).toString('base64url');
}

/** @throws StorageError InvalidUploadId */
export function decodeResumableId(segment: string): ResumableId {
  const [bucket, ...rest] = Buffer.from(segment, 'base64url').toString().split('/');
  const version = rest.pop();
  const name = rest.join('/');
  if (!bucket || !name || !version || !/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(version)) {
    throw REFUSALS.badUploadId();
  }
  return { bucket, name, version };
}
