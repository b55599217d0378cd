/** Options of a stack. */
import type { Backend } from '../storage/store/object-store.ts';

export interface StackOptions {
  /** The data folder; created if missing. */
  readonly dataFolder: string;
  /** Empties the data folder first. @defaultValue false */
  readonly fresh?: boolean;
  /** TCP port on 127.0.0.1; 0 takes any free one. @defaultValue 0 */
  readonly port?: number;
  /** HS256 secret of all tokens. @defaultValue the data folder's, random at first */
  readonly jwtSecret?: string;
  /** Another Storage server, which trusts the same secret, to answer `/storage/v1`. @defaultValue our own */
  readonly storageUrl?: string;
  /** Largest object in bytes. @defaultValue `[storage] file_size_limit` of supabase/config.toml, else 2 GiB */
  readonly fileSizeLimit?: number;
  /** A lower limit in bytes for uploads in a single request. @defaultValue none */
  readonly standardFileSizeLimit?: number;
  /**
   * As which backend of the Storage server our own Storage behaves.
   * @defaultValue 'file'
   */
  readonly backend?: Backend;
  /** How many seconds a resumable upload lives. @defaultValue an hour on 's3', for ever on 'file' */
  readonly uploadExpiry?: number;
  /** The folder that holds config.toml and migrations/. @defaultValue this repository's supabase/ */
  readonly supabaseFolder?: string;
  /** Receives warnings and notices, one line each. @defaultValue none */
  readonly onNotice?: (line: string) => void;
}
