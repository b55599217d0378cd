/** The `removed_media` table: what deleted videos and users have left in Storage. Rows are made by triggers. */
import { z } from 'zod';
import { type Database, toDatabaseError } from './database.ts';

const TABLE = 'removed_media';

/** No part of it leads anywhere else. */
const path = z
  .string()
  .max(1024)
  .refine((key) => key.split('/').every((part) => part !== '' && part !== '.' && part !== '..'), 'is no key');

const removedMedia = z
  .object({
    id: z.number(),
    kind: z.enum(['object', 'folder']),
    bucket: z.string().min(1).nullable(),
    path,
    video_id: z.guid().nullable(),
    last: z.boolean(),
  })
  .transform(({ bucket, video_id, last, ...row }) => ({
    ...row,
    /** Undefined: the bucket of results. */
    bucket: bucket ?? undefined,
    videoId: video_id ?? undefined,
    /** Whether it is done with after this; else it is looked at once more, later. */
    isLast: last,
  }));

/** One object or folder to remove. */
export type RemovedMedia = z.output<typeof removedMedia>;

export interface LeasedMedia {
  readonly media: readonly RemovedMedia[];
  /** Rows that cannot be read; they stay leased until the lease expires. */
  readonly unreadable: readonly { readonly id: string; readonly problem: string }[];
}

export interface RemovedMediaTable {
  /**
   * Leases rows to remove now. Those whose video or user is there again are left alone.
   *
   * @param options.againSeconds everything is removed once more so long after it was deleted.
   * @throws {MediaError} `database_failed`, `database_refused`.
   */
  readonly lease: (options: {
    readonly holder: string;
    readonly batch: number;
    readonly leaseSeconds: number;
    readonly againSeconds: number;
    readonly signal: AbortSignal;
  }) => Promise<LeasedMedia>;
  /** Notes that it was removed, or forgets it after the last time. Throws as {@link lease}. */
  readonly finish: (media: RemovedMedia, holder: string, signal: AbortSignal) => Promise<void>;
}

/** Opens the table on a database. */
export function openRemovedMedia(database: Database): RemovedMediaTable {
  return {
    lease: async ({ holder, batch, leaseSeconds, againSeconds, signal }) => {
      const parameters = { claimant: holder, batch, lease_seconds: leaseSeconds, again_seconds: againSeconds };
      const { data, error } = await database.rpc('claim_removed_media', parameters).abortSignal(signal);
      if (error !== null) throw toDatabaseError(error, 'Looking for what deleted videos have left');
      return readLeased(data);
    },

    finish: async ({ id, isLast }, holder, signal) => {
      const rows = database.from(TABLE);
      const done = { swept_at: new Date().toISOString(), claimed_by: null, claimed_until: null };
      const change = isLast ? rows.delete() : rows.update(done);
      const { error } = await change.eq('id', id).eq('claimed_by', holder).abortSignal(signal);
      if (error !== null) throw toDatabaseError(error, `Noting that ${id} of ${TABLE} was removed`);
    },
  };
}

function readLeased(answer: unknown): LeasedMedia {
  const media: RemovedMedia[] = [];
  const unreadable: { id: string; problem: string }[] = [];
  for (const row of z.array(z.looseObject({ id: z.unknown() })).parse(answer)) {
    const { success, data, error } = removedMedia.safeParse(row);
    if (success) media.push(data);
    else unreadable.push({ id: String(row.id), problem: z.prettifyError(error).replace(/\s+/g, ' ') });
  }
  return { media, unreadable };
}
