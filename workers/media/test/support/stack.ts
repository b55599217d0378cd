/** What tests need of the stack that `global-setup.ts` started. */
import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { type Config, loadConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/db/database.ts';
import { openVideos, type Videos } from '../../src/db/videos.ts';
import { openStorage, type StorageConnection } from '../../src/storage/connection.ts';

/** The environment of a process that works with the stack. */
export function stackEnvironment(): Record<string, string> {
  return inject('stack');
}

/** One value of it. */
export function stackValue(name: string): string {
  const value = stackEnvironment()[name];
  if (value === undefined) throw new Error(`the stack has no ${name}`);
  return value;
}

/** The configuration of a worker on the stack, with changes. */
export function stackConfig(changes: Record<string, string> = {}): Config {
  return loadConfig({ environment: { ...stackEnvironment(), LOG_LEVEL: 'silent', ...changes } });
}

/** Opens the stack's Storage; the caller closes it. */
export function openStackStorage(url = stackValue('SUPABASE_URL')): StorageConnection {
  return openStorage({ url, serviceRoleKey: stackValue('SUPABASE_SERVICE_ROLE_KEY') });
}

/** The stack's videos table. */
export function openStackVideos(): Videos {
  const url = stackValue('SUPABASE_URL');
  return openVideos(openDatabase({ url, serviceRoleKey: stackValue('SUPABASE_SERVICE_ROLE_KEY') }));
}

/** An object path that no other test uses. */
export const uniquePath = (name: string): string => `tests/${randomUUID()}/${name}`;
