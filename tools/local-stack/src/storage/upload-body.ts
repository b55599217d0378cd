/** An upload's body and what is said about it: raw, or the file of a form as supabase-js sends Blobs. */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { readForm } from './multipart.ts';
import type { UserMetadata } from './objects-table.ts';
import { REFUSALS } from './storage-error.ts';

export interface UploadBody {
  readonly source: Readable;
  readonly mimeType: string;
  readonly cacheControl: string;
  readonly userMetadata: UserMetadata | undefined;
  /** Bytes as announced; undefined for chunked bodies and forms. */
  readonly declaredSize: number | undefined;
  /** After the source has ended: whether it was longer than the limit. Never so for raw bodies. */
  readonly isTruncated: () => boolean;
}

const MAX_USER_METADATA_BYTES = 1024 * 1024;

/** @throws StorageError InvalidRequest when a form holds no file, EntityTooLarge for more than 1 MiB of metadata */
export async function openUploadBody(request: IncomingMessage, limit: number): Promise<UploadBody> {
  if (request.headers['content-type']?.startsWith('multipart/form-data')) {
    const form = await readForm(request, limit);
    const seconds = form.fields.get('cacheControl');
    return {
      source: form.file,
      mimeType: form.fields.get('contentType') ?? form.mimeType,
      cacheControl: seconds ? `max-age=${seconds}` : 'no-cache',
      userMetadata: parseUserMetadata(form.fields.get('metadata') ?? form.fields.get('userMetadata')),
      declaredSize: undefined,
      isTruncated: form.isTruncated,
    };
  }
  return {
    source: request,
    mimeType: request.headers['content-type'] ?? 'application/octet-stream',
    cacheControl: request.headers['cache-control'] ?? 'no-cache',
    userMetadata: readMetadataHeader(request),
    declaredSize: readContentLength(request),
    // A chunked raw body is not measured against any limit: the real server lets it through, and so does this one.
    isTruncated: () => false,
  };
}

/** `x-metadata`: base64 of a JSON object. What cannot be read counts as none. */
export function readMetadataHeader(request: IncomingMessage): UserMetadata | undefined {
  const header = request.headers['x-metadata'];
  return typeof header === 'string' ? parseUserMetadata(Buffer.from(header, 'base64').toString()) : undefined;
}

/** @throws StorageError EntityTooLarge for more than 1 MiB */
export function parseUserMetadata(text: string | undefined | null): UserMetadata | undefined {
  if (!text) return undefined;
  if (Buffer.byteLength(text) > MAX_USER_METADATA_BYTES) throw REFUSALS.metadataTooLarge();
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}

function readContentLength(request: IncomingMessage): number | undefined {
  const header = request.headers['content-length'];
  return header !== undefined && /^\d+$/.test(header) ? Number(header) : undefined;
}
