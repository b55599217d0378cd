import { defineConfig } from 'vitest/config';
import { RESOLVE_SOURCES } from './vitest.resolve.ts';

const CONTRACT = 'tests/acceptance/**/*.test.ts';

const FULL_SIZE = 'apps/*/test/acceptance/**/*.test.ts';

const project = (name: string, include: readonly string[]) => ({
  extends: true as const,
  test: { name, include: [...include], globalSetup: ['packages/test-support/src/acceptance-setup.ts'] },
});

/**
 * `npm run test:acceptance`: the Storage contract and full-size uploads, against the project that SUPABASE_URL names;
 * else against local stacks, the contract on both kinds of backend.
 */
// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  ...RESOLVE_SOURCES,
  test: {
    projects: process.env.SUPABASE_URL
      ? [project('given', [CONTRACT, FULL_SIZE])]
      : [project('file', [CONTRACT, FULL_SIZE]), project('s3', [CONTRACT])],
    maxWorkers: 1,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
