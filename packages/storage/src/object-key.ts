/** Addresses of objects: buckets and keys are checked before any is built. */
import { MediaError } from '@supabase-media/core/errors';
import { findBucketProblem, findObjectKeyProblem } from '@supabase-media/core/object-key';

const refuseFor = (message: string | undefined): void => {
  if (message !== undefined) throw new MediaError({ code: 'key_refused', message });
};

/**
 * Checks an object key.
 *
 * @throws {MediaError} `key_refused`, naming the character, segment or length at fault.
 */
export const assertObjectKey = (key: string): void => refuseFor(findObjectKeyProblem(key));

/**
 * Checks a bucket name.
 *
 * @throws {MediaError} `key_refused`.
 */
export const assertBucketName = (bucket: string): void => refuseFor(findBucketProblem(bucket));

/** `bucket/key` as it stands in an address, every segment percent-encoded. */
export function encodeObjectPath(bucket: string, key: string): string {
  assertBucketName(bucket);
  assertObjectKey(key);
  return [bucket, ...key.split('/')].map(encodeURIComponent).join('/');
}
