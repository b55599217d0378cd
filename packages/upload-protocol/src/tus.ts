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

/** What a server without `Upload-Expires` is sure to keep an upload for, in milliseconds. */
const CERTAIN_LIFE_MS = 60 * 60 * 1000;

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
 * How long an upload will still be kept, by the server's own clock, so that a wrong one here does no harm.
 *
 * @param header of an answer, by name in lower case.
 * @param now milliseconds since the epoch, for an answer without a date.
 * @returns milliseconds, 0 or more; undefined where the server does not say.
 */
export function readRemainingLife(
  header: (name: string) => string | null | undefined,
  now: number,
): number | undefined {
  const expires = Date.parse(header(TUS_HEADERS.expires) ?? '');
  if (Number.isNaN(expires)) return undefined;
  const serverNow = Date.parse(header('date') ?? '');
  return Math.max(0, expires - (Number.isNaN(serverNow) ? now : serverNow));
}

/** Since when an upload is kept, and until when; both in milliseconds since the epoch, by the clock here. */
export interface UploadLife {
  readonly createdAt: number;
  /** Undefined where the server did not say. */
  readonly endsAt?: number | undefined;
}

/**
 * Whether an upload that a server does not know should be known: a store that is away is answered with 404 as well
 * (measured on Storage 1.11.2 with its S3 backend).
 */
export const shouldLive = ({ createdAt, endsAt }: UploadLife, now: number): boolean =>
  now < (endsAt ?? createdAt + CERTAIN_LIFE_MS);

/**
 * The id of an upload: the last segment of its address. Only that of a Location is used: behind proxies, and in
 * production mode over plain HTTP, Storage names hosts and schemes that are not its own.
 */
export const uploadIdOf = (location: string): string => /([^/?#]+)\/?(?:[?#].*)?$/.exec(location)?.[1] ?? '';
