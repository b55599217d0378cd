/** What the intake asks of Storage, apart from passing bytes on. Only `storage/` and `relay/` speak to it. */
import { createHash, randomUUID } from 'node:crypto';
import { MediaError } from '@supabase-media/core/errors';
import { SNIFF_BYTES } from '@supabase-media/media/sniff';
import { toAnswerError } from '@supabase-media/storage/answer-error';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { readLimits, type StorageLimits } from '@supabase-media/storage/limits';
import { type ObjectAddress, type ObjectInfo, readObjectInfo } from '@supabase-media/storage/object-info';
import { encodeObjectPath } from '@supabase-media/storage/object-key';
import { readFirstBytes } from '@supabase-media/storage/read-first-bytes';
import { readObject } from '@supabase-media/storage/read-object';
import { METADATA_TIMEOUTS } from '@supabase-media/storage/timeouts';
import type { SendOptions } from '@supabase-media/storage/transport';
import { createUpload, readOffset, resumableUrl, terminateUpload } from '@supabase-media/storage/tus';
import { decodeJwt } from 'jose';

/** The right to put bytes at one path. */
export interface UploadGrant {
  readonly token: string;
  /** Below Storage's address: `/object/upload/sign/…?token=…`. */
  readonly path: string;
  readonly expiresAt: Date;
}

export interface UploadStorage {
  /** `…/storage/v1` */
  readonly url: string;
  readonly limits: (bucket: string) => Promise<StorageLimits>;
  readonly signUpload: (address: ObjectAddress) => Promise<UploadGrant>;
  /** Begins a resumable upload without a byte; answers its id, the last segment of its address. */
  readonly createUpload: (upload: ObjectAddress & { size: number; contentType: string }) => Promise<string>;
  /**
   * Bytes. Ends a PATCH that runs, so never ask while one may. `expired`: the upload is over. `missing`: Storage does not
   * see it, or not now: its S3 backend says so too while its store cannot be reached.
   */
  readonly readOffset: (uploadId: string) => Promise<number | 'expired' | 'missing'>;
  /** @throws {MediaError} unless the partial upload is gone afterwards, or was finished. */
  readonly terminate: (uploadId: string) => Promise<void>;
  readonly info: (address: ObjectAddress) => Promise<ObjectInfo | undefined>;
  /** @throws {MediaError} unless the object is gone afterwards. */
  readonly remove: (address: ObjectAddress) => Promise<void>;
  readonly readHead: (address: ObjectAddress, signal: AbortSignal) => Promise<Uint8Array>;
  /** Reads the whole object; hexadecimal. */
  readonly digest: (
    address: ObjectAddress,
    signal: AbortSignal,
  ) => Promise<{ readonly md5: string; readonly sha256: string }>;
}

/** What Storage gives upload tokens where they do not say (documentation, createSignedUploadUrl), in milliseconds. */
const TOKEN_LIFE_MS = 2 * 3600 * 1000;

/** HTTP 410. */
const GONE = 410;

/** How often a reading that breaks is resumed without a new byte. */
const READ_RETRIES = 3;

const startHashes = () => ({ md5: createHash('md5'), sha256: createHash('sha256') });

/** A read without progress for this long has failed; reading 2 GB may take minutes. */
const READ_TIMEOUTS = { timeoutMs: 3_600_000, stallMs: 60_000, answerMs: 60_000 };

const addressOf = ({ bucket, path }: ObjectAddress) => `${bucket}/${path}`;

/** Speaks to Storage as the service. */
export function openUploadStorage(connection: StorageConnection): UploadStorage {
  const { storageUrl: url, headers, transport } = connection;
  const tus = (action: string) => ({ connection, upsert: true, signal: undefined, action });

  const send = async (options: Omit<SendOptions, 'timeouts'>, isFine: (status: number) => boolean) => {
    const answer = await transport.send({
      ...options,
      headers: { ...headers, ...options.headers },
      timeouts: METADATA_TIMEOUTS,
    });
    if (isFine(answer.status)) return answer;
    throw toAnswerError(answer, { action: options.action });
  };

  return {
    url,
    limits: (bucket) => readLimits(connection, bucket),

    signUpload: async (address) => {
      const action = `Signing an upload to ${addressOf(address)}`;
      const answer = await send(
        {
          method: 'POST',
          url: `${url}/object/upload/sign/${encodeObjectPath(address.bucket, address.path)}`,
          // The path is this session's alone: a retry whose first answer was lost must not be a duplicate.
          headers: { 'x-upsert': 'true', 'content-type': 'application/json' },
          body: '{}',
          action,
        },
        (status) => status === 200,
      );
      const { url: path, token } = JSON.parse(answer.body) as { url?: string; token?: string };
      if (path === undefined || token === undefined)
        throw new MediaError({ code: 'storage_failed', message: `${action}: Storage gave no token.` });
      const { exp } = decodeJwt(token);
      return { token, path, expiresAt: new Date(exp === undefined ? Date.now() + TOKEN_LIFE_MS : exp * 1000) };
    },

    createUpload: async ({ bucket, path, size, contentType }) => {
      const action = `Beginning the upload to ${bucket}/${path}`;
      return (await createUpload({ ...tus(action), bucket, path, size, contentType, metadata: {} })).id;
    },

    readOffset: async (uploadId) => {
      try {
        return (await readOffset(tus('Asking for the offset'), resumableUrl(connection, uploadId))).offset;
      } catch (error) {
        if (error instanceof MediaError && error.code === 'upload_expired')
          return error.details.httpStatus === GONE ? 'expired' : 'missing';
        throw error;
      }
    },

    terminate: (uploadId) => terminateUpload(tus('Ending a resumable upload'), resumableUrl(connection, uploadId)),

    info: (address) => readObjectInfo(connection, address),

    remove: async (address) => {
      const request = { method: 'DELETE' as const, action: `Removing ${addressOf(address)}` };
      const objectUrl = `${url}/object/${encodeObjectPath(address.bucket, address.path)}`;
      await send({ ...request, url: objectUrl }, (status) => status === 200 || status === 204).catch(
        (error: unknown) => {
          if (!(error instanceof MediaError) || error.code !== 'object_missing') throw error;
        },
      );
    },

    readHead: (address, signal) =>
      readFirstBytes({ ...address, connection, bytes: SNIFF_BYTES, timeouts: READ_TIMEOUTS, signal }),

    digest: async (address, signal) => {
      let hashes = startHashes();
      await readObject(
        {
          ...address,
          connection,
          signal,
          timeouts: READ_TIMEOUTS,
          maxRetries: READ_RETRIES,
          cacheNonce: randomUUID(),
          action: `Reading ${addressOf(address)}`,
        },
        {
          begin: () => {},
          write: (chunk) => {
            for (const hash of Object.values(hashes)) hash.update(chunk);
          },
          restart: () => {
            hashes = startHashes();
          },
        },
      );
      return { md5: hashes.md5.digest('hex'), sha256: hashes.sha256.digest('hex') };
    },
  };
}
