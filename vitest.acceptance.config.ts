import { defineConfig } from 'vitest/config';

/** `npm run test:acceptance`: the contract alone, against the project that SUPABASE_URL names, else a local stack. */
// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  test: {
    include: ['workers/*/test/acceptance/**/*.test.ts', 'apps/*/test/acceptance/**/*.test.ts'],
    globalSetup: ['workers/media/test/support/acceptance-setup.ts'],
    maxWorkers: 1,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
