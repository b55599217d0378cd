import { defineConfig } from 'vitest/config';
import { RESOLVE_SOURCES } from './vitest.resolve.ts';

/** `npm run test:acceptance`: only the Storage contract, against the project that SUPABASE_URL names, else a local stack. */
// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  ...RESOLVE_SOURCES,
  test: {
    include: ['tests/acceptance/**/*.test.ts', 'apps/*/test/acceptance/**/*.test.ts'],
    globalSetup: ['packages/test-support/src/acceptance-setup.ts'],
    maxWorkers: 1,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
