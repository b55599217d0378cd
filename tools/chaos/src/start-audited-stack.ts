/** What every run stands on: a local stack of its own, whose rows are audited, and a connection to its database. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Closers } from '@supabase-media/local-stack/stack/closers';
import { startStackProcess } from '@supabase-media/local-stack/stack/start-stack-process';
import pg from 'pg';
import type { StorageAccess } from './objects.ts';
import { installStatusAudit } from './status-audit.ts';

export interface AuditedStack {
  /** For everything that belongs to the run; removed with it, unless the logs are kept. */
  readonly folder: string;
  readonly storage: StorageAccess;
}

/** @param options.name of the folder of the run, in the system's folder of temporary files. */
export async function startAuditedStack(
  closers: Closers,
  options: { readonly name: string; readonly keepsLogs: boolean; readonly say: (line: string) => void },
): Promise<AuditedStack> {
  const folder = await mkdtemp(join(tmpdir(), `media-${options.name}-`));
  if (options.keepsLogs) options.say(`Logs: ${folder}`);
  else closers.add(() => rm(folder, { recursive: true, force: true }));
  const stack = await startStackProcess(folder);
  closers.add(stack.stop);
  const pool = new pg.Pool({ connectionString: stack.environment.DATABASE_URL, max: 4 });
  pool.on('error', () => {});
  closers.add(() => pool.end());
  await installStatusAudit(pool);
  return {
    folder,
    storage: {
      url: String(stack.environment.SUPABASE_URL),
      serviceRoleKey: String(stack.environment.SUPABASE_SERVICE_ROLE_KEY),
      pool,
    },
  };
}
