/** Signed addresses of results, and their removal with the video. */
import type { ResultFiles } from '@supabase-media/media/captions';
import { toAnswerError } from '@supabase-media/storage/answer-error';
import type { StorageConnection } from '@supabase-media/storage/connection';
import type { ObjectAddress } from '@supabase-media/storage/object-info';
import { removeFolder } from '@supabase-media/storage/remove-folder';
import { readText, writeText } from '@supabase-media/storage/text-objects';
import { METADATA_TIMEOUTS } from '@supabase-media/storage/timeouts';
import { z } from 'zod';

export interface ResultStorage {
  /** One address for each path, in their order; null where Storage has no such object. */
  readonly signDownloads: (bucket: string, paths: readonly string[]) => Promise<readonly (string | null)[]>;
  /** Files of results in a bucket, read and written as the service. */
  readonly filesOf: (bucket: string) => ResultFiles;
  /** Removes every object below a folder (`a/b`, no slash at the end). */
  readonly removeFolder: (folder: ObjectAddress) => Promise<void>;
}

const signed = z.array(z.object({ path: z.string().nullable(), signedURL: z.string().nullable() }));

export function openResultStorage(options: {
  readonly connection: StorageConnection;
  /** As browsers reach it, with `/storage/v1`. */
  readonly publicUrl: string;
  readonly lifeSeconds: number;
}): ResultStorage {
  const { connection } = options;

  return {
    signDownloads: async (bucket, paths) => {
      if (paths.length === 0) return [];
      const action = `Signing results in ${bucket}`;
      const answer = await connection.transport.send({
        method: 'POST',
        url: `${connection.storageUrl}/object/sign/${encodeURIComponent(bucket)}`,
        headers: { ...connection.headers, 'content-type': 'application/json' },
        body: JSON.stringify({ expiresIn: options.lifeSeconds, paths }),
        timeouts: METADATA_TIMEOUTS,
        action,
      });
      if (answer.status !== 200) throw toAnswerError(answer, { action });
      return signed
        .parse(JSON.parse(answer.body))
        .map(({ signedURL }) => (signedURL === null ? null : `${options.publicUrl}${signedURL}`));
    },
    filesOf: (bucket) => ({
      read: (path) => readText(connection, { bucket, path }),
      write: (file) => writeText(connection, { bucket, ...file }),
    }),
    removeFolder: async ({ bucket, path }) => void (await removeFolder({ connection, bucket, folder: path })),
  };
}
