/** Brings an object to a file: streamed, written while more arrives, its size checked. */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import type { RetryNotice } from '@supabase-media/core/retry';
import { createBatchWriter } from './batch-writer.ts';
import type { StorageConnection } from './connection.ts';
import type { ObjectAddress } from './object-info.ts';
import { readObject } from './read-object.ts';
import type { TransportTimeouts } from './transport.ts';

export interface DownloadFileOptions extends ObjectAddress {
  readonly connection: StorageConnection;
  /** Where the object goes; under {@link partialName} until it is whole. */
  readonly file: string;
  readonly timeouts: TransportTimeouts;
  readonly maxRetries: number;
  readonly signal?: AbortSignal | undefined;
  /** Told the object's size in bytes before the first byte is written; what it throws ends the download. */
  readonly onSize?: (bytes: number) => Promise<void> | void;
  readonly onProgress?: (receivedBytes: number, size: number) => void;
  readonly onRetry?: (notice: RetryNotice) => void;
}

export interface DownloadResult {
  /** In bytes. */
  readonly size: number;
  /** Of the version that was read, without quotes. */
  readonly etag: string | undefined;
  readonly seconds: number;
}

/** Where a file is until it is whole. */
export const partialName = (file: string): string => `${file}.partial`;

/**
 * Downloads one object.
 *
 * @throws {MediaError} `object_missing`, `bucket_missing`, `disk_full`, `download_failed`, or what Storage refused.
 */
export async function downloadFile(options: DownloadFileOptions): Promise<DownloadResult> {
  const partial = partialName(options.file);
  const started = performance.now();
  let target: FileHandle | undefined;
  try {
    target = await open(partial, 'w');
    const { size, etag } = await writeObject(options, target);
    await target.close();
    await rename(partial, options.file);
    return { size, etag, seconds: (performance.now() - started) / 1000 };
  } catch (error) {
    await target?.close().catch(() => {});
    await rm(partial, { force: true });
    throw error;
  }
}

async function writeObject({ onSize, onProgress, ...options }: DownloadFileOptions, target: FileHandle) {
  const { bucket, path } = options;
  const writer = createBatchWriter(target);
  let objectBytes = 0;
  try {
    return await readObject(
      {
        ...options,
        action: `Downloading ${bucket}/${path}`,
        // A full disk is not emptied in seconds: the job comes back to it later.
        isFinal: (error) => error.code === 'disk_full',
      },
      {
        begin: async (size) => {
          await onSize?.(size);
          objectBytes = size;
        },
        write: async (chunk, position) => {
          await writer.write(chunk);
          onProgress?.(position + chunk.length, objectBytes);
        },
        restart: writer.restart,
        end: writer.flush,
      },
    );
  } finally {
    // The file is closed next: nothing may still be written to it.
    await writer.settle();
  }
}
