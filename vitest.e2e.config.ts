import { defineConfig } from 'vitest/config';
import { RESOLVE_SOURCES } from './vitest.resolve.ts';

/** What a person sees; the time left is said of real work, which has the machine nearly to itself here. */
export const E2E_TESTS = ['apps/web/test/e2e/**/*.e2e.ts', 'tools/media-check/test/time-left.test.ts'];

/** `npm run test:e2e`: the page in a real browser, on a real stack, worker and API. */
// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  ...RESOLVE_SOURCES,
  test: {
    include: E2E_TESTS,
    globalSetup: ['apps/web/test/e2e/support/e2e-setup.ts'],
    // Most of their time they wait for connections to be cut and films to play.
    maxWorkers: 2,
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
});
