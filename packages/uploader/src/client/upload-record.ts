/** What is kept of an upload, so that it resumes after a reload or on another day. */
import { type KeyValueStore, type NamespacedStore, openNamespacedStore } from './namespaced-store.ts';
import type { UploadSource } from './upload-source.ts';

export interface UploadRecord {
  readonly sessionId: string;
  readonly apiUrl: string;
  readonly user: string;
  readonly fileName: string;
  /** In bytes. */
  readonly size: number;
  /** In bytes, as last confirmed. */
  readonly confirmedBytes: number;
  /** The upload at Storage, where it is not the one that the session names. */
  readonly uploadId: string | null;
  /** Where requests of that upload ended, in bytes, ascending; absent where it is not known. */
  readonly requestEnds?: readonly number[] | undefined;
  /** ISO time; the session cannot be resumed after it. */
  readonly expiresAt: string;
}

const PREFIX = 'supabase-media:upload:';

const isAscending = (ends: unknown): ends is readonly number[] =>
  Array.isArray(ends) &&
  ends.every((end, index) => Number.isSafeInteger(end) && end > (index === 0 ? 0 : ends[index - 1]));

function parseRecord(value: unknown): UploadRecord | undefined {
  const record = value as UploadRecord | null;
  const isWhole =
    typeof record?.sessionId === 'string' &&
    typeof record.apiUrl === 'string' &&
    typeof record.user === 'string' &&
    typeof record.fileName === 'string' &&
    Number.isSafeInteger(record.size) &&
    Number.isSafeInteger(record.confirmedBytes) &&
    (record.uploadId === null || typeof record.uploadId === 'string') &&
    !Number.isNaN(Date.parse(record.expiresAt));
  if (!isWhole) return undefined;
  return isAscending(record.requestEnds) ? record : { ...record, requestEnds: undefined };
}

export const openRecords = (store: KeyValueStore): NamespacedStore<UploadRecord> =>
  openNamespacedStore(store, { prefix: PREFIX, parse: parseRecord });

/** @param now milliseconds since the epoch. */
export const isExpired = (record: UploadRecord, now: number): boolean => Date.parse(record.expiresAt) <= now;

/**
 * Tells one file of one user at one API from every other, without reading it: a file that was changed has another time.
 */
export const fingerprintOf = (
  source: UploadSource,
  owner: { readonly apiUrl: string; readonly user: string },
): string => JSON.stringify([owner.apiUrl, owner.user, source.name, source.size, source.lastModified]);

/** Whose token it is, from its claim `sub`, unverified: it only keeps users of one browser apart. */
export function userOfToken(token: string): string {
  try {
    const payload = token.split('.')[1] ?? '';
    const claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as { sub?: unknown };
    return typeof claims.sub === 'string' ? claims.sub : '';
  } catch {
    return '';
  }
}
