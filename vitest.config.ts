import { defineConfig } from 'vitest/config';
import { E2E_TESTS } from './vitest.e2e.config.ts';
import { RESOLVE_SOURCES } from './vitest.resolve.ts';
import { SECURITY_TESTS } from './vitest.security.config.ts';
import { SURVIVAL_TESTS } from './vitest.survival.config.ts';

// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  ...RESOLVE_SOURCES,
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/test/**/*.test.ts',
      'workers/*/src/**/*.test.ts',
      'workers/*/test/**/*.test.ts',
      'apps/*/src/**/*.test.ts',
      'apps/*/test/**/*.test.ts',
      'tools/*/src/**/*.test.ts',
      'tools/*/test/**/*.test.ts',
      'tests/**/*.test.ts',
    ],
    // Real projects, for `npm run test:acceptance`; foreign apps, for `npm run test:packed`; attacks, for
    // `npm run test:security`; what takes its time, for `npm run test:survival`.
    exclude: [
      '**/acceptance/**',
      'tests/packed/**',
      '**/node_modules/**',
      ...SECURITY_TESTS,
      ...SURVIVAL_TESTS,
      ...E2E_TESTS,
    ],
    globalSetup: ['packages/test-support/src/global-setup.ts'],
    // Real servers and encoders on two cores: more files at a time would not be faster.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
