/** Hands the acceptance tests the project that the environment names, or a local stack where it names none. */
import type { TestProject } from 'vitest/node';
import startStack from './global-setup.ts';

// biome-ignore lint/style/noDefaultExport: vitest calls the default export.
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { SUPABASE_URL, SUPABASE_SERVICE_ROLE_KEY } = process.env;
  if (!SUPABASE_URL || !SUPABASE_SERVICE_ROLE_KEY) return startStack(project);
  project.provide('stack', { SUPABASE_URL: SUPABASE_URL.replace(/\/+$/, ''), SUPABASE_SERVICE_ROLE_KEY });
  return async () => {};
}
