/**
 * Removes from Storage what deleted videos and users have left there. Every worker does: rows are leased in the database,
 * so that two never work on the same, and a worker is what runs wherever videos are processed.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { toMediaError } from '@supabase-media/core/errors';
import type { Log } from '@supabase-media/core/log';
import type { RemovedMedia, RemovedMediaTable } from '@supabase-media/database/removed-media';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { removeObject } from '@supabase-media/storage/expected-object';
import { removeFolder } from '@supabase-media/storage/remove-folder';

/** Rows per request. */
const BATCH = 20;

/** A worker that died over rows holds them no longer than this, in seconds. A folder has at most some thousand objects. */
const LEASE_SECONDS = 600;

/** Upload tokens live two hours and sign-ins one, and what began with them may end a little later. */
const AGAIN_SECONDS = 3 * 3600;

/** How often a worker looks, in milliseconds. */
const EVERY_MS = 60_000;

export interface RemovalServices {
  readonly removed: RemovedMediaTable;
  readonly storage: StorageConnection;
  readonly resultBucket: string;
  readonly log: Log;
}

/**
 * Removes everything that is due. What fails stays leased until its lease expires, and is tried again then.
 *
 * @returns how many objects and folders are done.
 * @throws {MediaError} what the database answers; the signal's reason.
 */
export async function removeDeleted(services: RemovalServices, signal: AbortSignal): Promise<number> {
  const { removed, log } = services;
  const holder = randomUUID();
  let done = 0;
  for (;;) {
    const lease = { holder, batch: BATCH, leaseSeconds: LEASE_SECONDS, againSeconds: AGAIN_SECONDS, signal };
    const { media, unreadable } = await removed.lease(lease);
    for (const { id, problem } of unreadable)
      log.warn({ event: 'removed.row_unreadable', id }, `A row of removed_media cannot be read: ${problem}`);
    for (const one of media) {
      signal.throwIfAborted();
      if (await removeOne(services, one, { holder, signal })) done += 1;
    }
    if (media.length + unreadable.length < BATCH) return done;
  }
}

async function removeOne(
  { removed, storage: connection, resultBucket, log }: RemovalServices,
  media: RemovedMedia,
  { holder, signal }: { readonly holder: string; readonly signal: AbortSignal },
): Promise<boolean> {
  const { kind, path, videoId } = media;
  const bucket = media.bucket ?? resultBucket;
  try {
    let count = 0;
    if (kind === 'folder') count = await removeFolder({ connection, bucket, folder: path, signal });
    else await removeObject({ connection, bucket, path });
    await removed.finish(media, holder, signal);
    if (count > 0)
      log.info({ event: 'removed.folder', videoId, bucket, count }, `Removed ${count} objects of what was deleted`);
    return true;
  } catch (err) {
    signal.throwIfAborted();
    const { code } = toMediaError(err);
    log.warn({ event: 'removed.failed', videoId, bucket, code, err }, 'What was deleted is removed later');
    return false;
  }
}

/** Looks every minute until the signal aborts. The first wait is random, so that workers do not look together. */
export async function keepRemovingDeleted(services: RemovalServices, signal: AbortSignal): Promise<void> {
  let waitMs = Math.random() * EVERY_MS;
  let told = '';
  while (!signal.aborted) {
    try {
      await sleep(waitMs, undefined, { signal });
      await removeDeleted(services, signal);
      told = '';
    } catch (err) {
      const { code, message } = toMediaError(err);
      // Said once for each cause: migrations that were not applied are not news every minute.
      if (!signal.aborted && code !== told)
        services.log.warn({ event: 'removed.look_failed', code }, `Deleted videos cannot be looked for: ${message}`);
      told = code;
    }
    waitMs = EVERY_MS;
  }
}
