/** What tests need of the stack that `global-setup.ts` started, or of their own. */
import { randomUUID } from 'node:crypto';
import { openDatabase } from '@supabase-media/database/database';
import { openVideos, type Videos } from '@supabase-media/database/videos';
import { openStorage, type StorageConnection } from '@supabase-media/storage/connection';
import { inject } from 'vitest';
import { type StackProcess, startStackProcess } from './start-stack.ts';

/** Set in the files that call `startOwnStack`: each test file has this module to itself. */
let ownStack: StackProcess | undefined;

/**
 * Starts a stack that this test file shares with no other; from now on the functions here mean it. For tests that count
 * rows of the whole database, or need a stack of another kind.
 *
 * @param args more arguments of the stack's command line.
 * @returns what stops it.
 */
export async function startOwnStack(args: readonly string[] = []): Promise<() => Promise<void>> {
  if (ownStack) throw new Error('this file has a stack of its own already');
  const stack = await startStackProcess(args);
  ownStack = stack;
  return async () => {
    ownStack = undefined;
    await stack.stop();
  };
}

/**
 * The environment of a process that works with the stack. Its workers leave rows that wait to whoever made them: many test
 * files share the stack, each with a queue of its own.
 */
export function stackEnvironment(): Record<string, string> {
  return { ...(ownStack?.environment ?? inject('stack')), REQUEST_POLL_SECONDS: '0' };
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
