/** Reads the playlists of results as the service; they are small, and the same for everyone who may see the video. */
import { toAnswerError } from '@supabase-media/storage/answer-error';
import type { StorageConnection } from '@supabase-media/storage/connection';
import type { ObjectAddress } from '@supabase-media/storage/object-info';
import { encodeObjectPath } from '@supabase-media/storage/object-key';
import { METADATA_TIMEOUTS } from '@supabase-media/storage/timeouts';

export interface ResultPlaylists {
  /**
   * The text of a playlist; undefined where there is none. One above 1 MiB is none of ours; 900 segments need 32 KB.
   *
   * @throws {MediaError} what Storage answers.
   */
  readonly read: (address: ObjectAddress) => Promise<string | undefined>;
}

export function openResultPlaylists(connection: StorageConnection): ResultPlaylists {
  return {
    read: async ({ bucket, path }) => {
      const action = `Reading ${bucket}/${path}`;
      const answer = await connection.transport.send({
        method: 'GET',
        url: `${connection.storageUrl}/object/authenticated/${encodeObjectPath(bucket, path)}`,
        headers: connection.headers,
        timeouts: METADATA_TIMEOUTS,
        action,
      });
      if (answer.status === 200) return answer.body;
      const error = toAnswerError(answer, { action });
      if (error.code === 'object_missing') return undefined;
      throw error;
    },
  };
}
