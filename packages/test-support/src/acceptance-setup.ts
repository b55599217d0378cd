/** Hands the acceptance tests the project that the environment names, or a local stack of the kind after which the project is called. */
import type { TestProject } from 'vitest/node';
import { startSharedStack } from './global-setup.ts';

/** What the intake needs beside them: to sign people up, to know their tokens, and a queue. */
const OPTIONAL = ['SUPABASE_ANON_KEY', 'SUPABASE_JWT_SECRET', 'DATABASE_URL', 'REDIS_URL'] as const;

// biome-ignore lint/style/noDefaultExport: vitest calls the default export.
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { SUPABASE_URL, SUPABASE_SERVICE_ROLE_KEY } = process.env;
  if (!SUPABASE_URL || !SUPABASE_SERVICE_ROLE_KEY) return startSharedStack(project, ['--backend', project.name]);
  const values = Object.fromEntries(
    OPTIONAL.flatMap((name) => (process.env[name] ? [[name, String(process.env[name])]] : [])),
  );
  project.provide('stack', { ...values, SUPABASE_URL: SUPABASE_URL.replace(/\/+$/, ''), SUPABASE_SERVICE_ROLE_KEY });
  return async () => {};
}
