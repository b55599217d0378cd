/**
 * What Storage accepts as a bucket and an object key. Decided wherever one enters, before any address is built of it: a
 * client or proxy that normalizes `..` would otherwise reach another object. Pure.
 */

/** The characters Storage takes in a key (measured on Storage 1.11.2; anything else answers InvalidKey). */
const KEY_CHARACTER = /^[A-Za-z0-9_/!.*'() &$=@;:+,?-]$/;

/** One path segment, in bytes: the file backend stores it as a file name (ENAMETOOLONG above). */
const SEGMENT_MAX_BYTES = 255;

/** The whole key, in bytes: the limit of S3, which hosted Storage writes to. */
const KEY_MAX_BYTES = 1024;

/** The same rules as {@link findObjectKeyProblem}, for schemas that other languages read. */
export const OBJECT_KEY_PATTERN = /^(?!(.*\/)?\.{0,2}(\/|$))(?!.*[^/]{256})[A-Za-z0-9_/!.*'() &$=@;:+,?-]{1,1024}$/;

/** As {@link findBucketProblem}. */
export const BUCKET_PATTERN = /^(?!\.{1,2}$)[A-Za-z0-9_!.*'() &$=@;:+,?-]{1,100}$/;

/** So many characters of what was given are told: it may be of any length. */
const SHOWN_MAX = 200;

/** What changes the direction of a text, or is not seen at all; JSON escapes control characters alone. */
const UNSEEN = /[\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

/** As JSON, so that no character can change the line that shows it. */
const show = (text: string): string =>
  JSON.stringify(text.slice(0, SHOWN_MAX)).replace(
    UNSEEN,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );

/** What is wrong with an object key, as a sentence that names the character, segment or length at fault. */
export function findObjectKeyProblem(key: string): string | undefined {
  if (key === '') return 'The object path is empty.';
  const offending = [...key].find((character) => !KEY_CHARACTER.test(character));
  if (offending !== undefined)
    return `The object path ${show(key)} has the character ${show(offending)}, which Storage refuses.`;
  if (key.length > KEY_MAX_BYTES)
    return `The object path has ${key.length} bytes; Storage takes at most ${KEY_MAX_BYTES}.`;
  for (const segment of key.split('/')) {
    if (segment === '') return `The object path ${show(key)} has an empty segment: one "/" too many.`;
    if (segment === '.' || segment === '..')
      return `The object path ${show(key)} has the segment "${segment}", which would name another object.`;
    if (segment.length > SEGMENT_MAX_BYTES)
      return `A segment of the object path has ${segment.length} bytes; Storage takes at most ${SEGMENT_MAX_BYTES}.`;
  }
  return undefined;
}

/** What is wrong with the name of a bucket, as a sentence. */
export const findBucketProblem = (bucket: string): string | undefined =>
  BUCKET_PATTERN.test(bucket) ? undefined : `${show(bucket)} is no name of a bucket.`;
