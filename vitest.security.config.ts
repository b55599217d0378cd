import { defineConfig } from 'vitest/config';
import { RESOLVE_SOURCES } from './vitest.resolve.ts';

/** Attacks that were made on the running product; `tests/security/README.md` lists them. */
export const SECURITY_TESTS = ['tests/security/**/*.test.ts', '{apps,packages,workers}/*/test/security/**/*.test.ts'];

/** `npm run test:security`: each attack as code, against a real stack, worker and API. */
// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  ...RESOLVE_SOURCES,
  test: {
    include: SECURITY_TESTS,
    globalSetup: ['packages/test-support/src/global-setup.ts'],
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
