/** The words of TUS 1.0.0 (tus.io) as Storage speaks it: version, headers, metadata, addresses. */

export const TUS_VERSION = '1.0.0';

/** Media type of the body of a PATCH. */
export const TUS_BODY_TYPE = 'application/offset+octet-stream';

/** Header names in lower case, as Node and fetch hand them over. */
export const TUS_HEADERS = {
  version: 'tus-resumable',
  offset: 'upload-offset',
  length: 'upload-length',
  metadata: 'upload-metadata',
  expires: 'upload-expires',
  maxSize: 'tus-max-size',
  complete: 'tus-complete',
} as const;

/** What an upload without `Upload-Expires` is assumed to live, in milliseconds: a day, as on hosted Supabase. */
const DEFAULT_LIFE_MS = 24 * 60 * 60 * 1000;

/** The keys of Upload-Metadata that Storage reads. */
export interface TusMetadata {
  readonly bucketName: string;
  readonly objectName: string;
  readonly contentType: string;
  /** In seconds. */
  readonly cacheControl?: string;
  /** JSON; kept with the object. */
  readonly metadata?: string;
}

/** Upload-Metadata: each value in base64 of its UTF-8. */
export const encodeUploadMetadata = (metadata: TusMetadata): string =>
  Object.entries(metadata)
    .map(([name, value]) => `${name} ${toBase64(value)}`)
    .join(',');

const toBase64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/**
 * Reads a header that counts bytes: Upload-Offset, Upload-Length, Tus-Max-Size, Content-Length.
 *
 * @returns undefined where it is absent or no whole number of at most 15 digits.
 */
export const parseByteCount = (value: string | readonly string[] | null | undefined): number | undefined =>
  typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined;

/**
 * When an upload ends that nobody continues.
 *
 * @param now milliseconds since the epoch.
 * @returns milliseconds since the epoch; a day from now where Storage does not say.
 */
export function parseUploadExpires(value: string | null | undefined, now: number): number {
  const expires = Date.parse(value ?? '');
  return Number.isNaN(expires) ? now + DEFAULT_LIFE_MS : expires;
}

/**
 * The id of an upload: the last segment of its address. Only that of a Location is used: behind proxies, and in
 * production mode over plain HTTP, Storage names hosts and schemes that are not its own.
 */
export const uploadIdOf = (location: string): string => /([^/?#]+)\/?(?:[?#].*)?$/.exec(location)?.[1] ?? '';
