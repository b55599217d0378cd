/** Reads the playlists of results as the service; they are small, and the same for everyone who may see the video. */
import type { StorageConnection } from '@supabase-media/storage/connection';
import type { ObjectAddress } from '@supabase-media/storage/object-info';
import { readText } from '@supabase-media/storage/text-objects';

export interface ResultPlaylists {
  /**
   * The text of a playlist; undefined where there is none. One above 1 MiB is none of ours; 900 segments need 32 KB.
   *
   * @throws {MediaError} what Storage answers.
   */
  readonly read: (address: ObjectAddress) => Promise<string | undefined>;
}

export const openResultPlaylists = (connection: StorageConnection): ResultPlaylists => ({
  read: (address) => readText(connection, address),
});
