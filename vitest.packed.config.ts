import { defineConfig } from 'vitest/config';
import { RESOLVE_SOURCES } from './vitest.resolve.ts';

/** `npm run test:packed`: the packages as npm would deliver them, installed into foreign apps. */
// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  ...RESOLVE_SOURCES,
  test: {
    include: ['tests/packed/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'tests/packed/apps/**'],
    globalSetup: ['tests/packed/support/packed-setup.ts'],
    maxWorkers: 2,
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
