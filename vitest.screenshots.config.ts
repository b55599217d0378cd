import { defineConfig } from 'vitest/config';
import { RESOLVE_SOURCES } from './vitest.resolve.ts';

/** `npm run screenshots`: the pictures in docs/screenshots, of the page as it runs. */
// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  ...RESOLVE_SOURCES,
  test: {
    include: ['apps/web/test/screenshots/*.shots.ts'],
    globalSetup: ['apps/web/test/e2e/support/e2e-setup.ts'],
    testTimeout: 400_000,
    hookTimeout: 120_000,
  },
});
