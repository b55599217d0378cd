/**
 * What Storage accepts as a bucket and an object key, decided here before any address is built: a client or proxy that
 * normalises `..` would otherwise write another object and answer 200.
 */
import { MediaError } from '@supabase-media/core/errors';

/** The characters Storage takes in a key (measured on Storage 1.11.2; anything else answers InvalidKey). */
const KEY_CHARACTERS = /^[A-Za-z0-9_/!.*'() &$=@;:+,?-]+$/;

/** One path segment, in bytes: the file backend stores it as a file name (ENAMETOOLONG above). */
const SEGMENT_MAX_BYTES = 255;

/** The whole key, in bytes: the limit of S3, which hosted Storage writes to. */
const KEY_MAX_BYTES = 1024;

function refuse(message: string): never {
  throw new MediaError({ code: 'key_refused', message });
}

/**
 * Checks an object key.
 *
 * @throws {MediaError} `key_refused`, naming the character, segment or length at fault.
 */
export function assertObjectKey(key: string): void {
  if (key === '') refuse('The object path is empty.');
  const offending = [...key].find((character) => !KEY_CHARACTERS.test(character));
  if (offending !== undefined)
    refuse(`The object path "${key}" has the character ${JSON.stringify(offending)}, which Storage refuses.`);
  if (key.length > KEY_MAX_BYTES)
    refuse(`The object path has ${key.length} bytes; Storage takes at most ${KEY_MAX_BYTES}.`);
  for (const segment of key.split('/')) {
    if (segment === '') refuse(`The object path "${key}" has an empty segment: one "/" too many.`);
    if (segment === '.' || segment === '..')
      refuse(`The object path "${key}" has the segment "${segment}", which would name another object.`);
    if (segment.length > SEGMENT_MAX_BYTES)
      refuse(`A segment of the object path has ${segment.length} bytes; Storage takes at most ${SEGMENT_MAX_BYTES}.`);
  }
}

/**
 * Checks a bucket name.
 *
 * @throws {MediaError} `key_refused`.
 */
export function assertBucketName(bucket: string): void {
  if (!/^[A-Za-z0-9_!.*'() &$=@;:+,?-]{1,100}$/.test(bucket) || bucket === '.' || bucket === '..')
    refuse(`"${bucket}" is no name of a bucket.`);
}

/** `bucket/key` as it stands in an address, every segment percent-encoded. */
export function encodeObjectPath(bucket: string, key: string): string {
  assertBucketName(bucket);
  assertObjectKey(key);
  return [bucket, ...key.split('/')].map(encodeURIComponent).join('/');
}
