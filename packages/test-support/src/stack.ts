/** What tests need of the stack that `global-setup.ts` started. */
import { randomUUID } from 'node:crypto';
import { openDatabase } from '@supabase-media/database/database';
import { openVideos, type Videos } from '@supabase-media/database/videos';
import { openStorage, type StorageConnection } from '@supabase-media/storage/connection';
import { inject } from 'vitest';

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
