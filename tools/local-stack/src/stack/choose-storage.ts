/** Chooses the handler of `/storage/v1`: our own Storage, which tests can steer, or another server through the proxy. */
import type { Pool } from 'pg';
import type { TokenVerifier } from '../api/verify-token.ts';
import { forwardStorage } from '../proxy/forward-storage.ts';
import { mirrorBuckets } from '../proxy/mirror-buckets.ts';
import { STORAGE_PREFIX, type StorageHandlers, startStorage } from '../storage/start-storage.ts';
import { readFileSizeLimitSetting } from './config-toml.ts';
import type { StackOptions } from './options.ts';

/** The migrations must have run: the proxy makes their buckets on the other server. */
export async function chooseStorage(parts: {
  options: StackOptions;
  pool: Pool;
  verify: TokenVerifier;
  notice: (line: string) => void;
  jwtSecret: string;
  serviceRoleKey: string;
  dataFolder: string;
  supabaseFolder: string;
}): Promise<Pick<StorageHandlers, 'storage'> & Partial<StorageHandlers>> {
  const { options, pool } = parts;
  if (options.storageUrl !== undefined) {
    const target = new URL(options.storageUrl);
    await mirrorBuckets({ pool, target, serviceRoleKey: parts.serviceRoleKey, onNotice: parts.notice });
    return { storage: forwardStorage({ target, prefix: STORAGE_PREFIX }) };
  }
  return startStorage({
    pool,
    verify: parts.verify,
    jwtSecret: parts.jwtSecret,
    dataFolder: parts.dataFolder,
    backend: options.backend ?? 'file',
    uploadExpiryMs: options.uploadExpiry === undefined ? undefined : options.uploadExpiry * 1000,
    limits: {
      global: options.fileSizeLimit ?? (await readFileSizeLimitSetting(parts.supabaseFolder)),
      standard: options.standardFileSizeLimit,
    },
  });
}
