/** Sizes and MIME types, as pure rules (measured on the Storage server 1.11.2). */
import { isFolderPlaceholder } from './names.ts';
import { REFUSALS, refuseMimeType, refuseRequest } from './storage-error.ts';

/** All in bytes. */
export interface Limits {
  /** Largest object of the project. */
  readonly global: number;
  /** A lower limit for uploads in one request; undefined where there is none. */
  readonly standard: number | undefined;
}

export interface BucketRules {
  readonly fileSizeLimit: number | null;
  readonly allowedMimeTypes: readonly string[] | null;
}

/** The smallest limit that binds an upload in one request. A bucket limit of 0 allows 0 bytes here. */
export function singleRequestLimit(limits: Limits, bucket: BucketRules, objectName: string): number {
  if (isFolderPlaceholder(objectName)) return 0;
  return Math.min(limits.global, bucket.fileSizeLimit ?? limits.global, limits.standard ?? limits.global);
}

/** The limit of a resumable upload: the standard limit does not count, and a bucket limit of 0 means none. */
export function resumableLimit(limits: Limits, bucket: BucketRules): number {
  return Math.min(limits.global, bucket.fileSizeLimit || limits.global);
}

/**
 * Type and subtype are compared as text after a split on "/": `image/png; charset=x` is not `image/png`.
 * @throws StorageError InvalidMimeType
 */
export function checkMimeType(type: string, allowed: readonly string[] | null): void {
  if (!allowed || allowed.length === 0) return;
  const [kind, subtype] = type.split('/');
  const fits = allowed.some((entry) => {
    const [allowedKind, allowedSubtype] = entry.split('/');
    return allowedKind === kind && (allowedSubtype === '*' || allowedSubtype === subtype);
  });
  if (subtype === undefined || !fits) throw refuseMimeType(type);
}

/** True for what HTTP calls a media type (RFC 9110, 8.3.1); anything else is refused before all other checks. */
export function isMediaType(value: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'*+.^_`|~0-9A-Za-z-]+\s*(;.*)?$/.test(value);
}

const DECIMAL_UNITS: Record<string, number> = { GB: 1e9, MB: 1e6, KB: 1e3, B: 1 };

/**
 * A bucket's `file_size_limit` as its API takes it: bytes, bytes as text, or a decimal unit (`2GB`), whose number the
 * server rounds to three significant digits; null for none.
 * @throws StorageError when it is none of them, or above the project's limit
 */
export function readFileSizeLimit(value: unknown, global: number): number | null {
  if (value === null) return null;
  const bytes = readBytes(value);
  if (bytes > global) throw REFUSALS.tooLarge();
  return bytes;
}

function readBytes(value: unknown): number {
  if (typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value))) {
    const bytes = Number(value);
    if (!Number.isSafeInteger(bytes)) throw refuseRequest('body/file_size_limit must be integer');
    if (bytes < 0) throw refuseRequest('body/file_size_limit must be >= 0');
    return bytes;
  }
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)(gb|mb|kb|b)$/i.exec(value) : null;
  if (!match?.[1] || !match[2]) throw REFUSALS.badSizeFormat();
  return Number(Number(match[1]).toPrecision(3)) * (DECIMAL_UNITS[match[2].toUpperCase()] ?? 1);
}

/** @throws StorageError InvalidMimeType for an entry that is no `type/subtype` and no wildcard */
export function readAllowedMimeTypes(value: unknown): string[] | null {
  if (value === null || value === undefined) return null;
  if (!Array.isArray(value)) throw refuseRequest('body/allowed_mime_types must be array');
  const types = value.map(String).filter((type) => type !== '');
  for (const type of types) {
    if (!/^([\w\-+.]+)\/([\w\-+.]+|\*)(;\s*charset=[\w-]+)?$|^\*$/.test(type)) throw refuseMimeType(type);
  }
  return types;
}
