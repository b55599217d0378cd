import { defineConfig } from 'vitest/config';
import { SURVIVAL_TESTS } from './vitest.survival.config.ts';

// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  test: {
    include: [
      'workers/*/src/**/*.test.ts',
      'workers/*/test/**/*.test.ts',
      'dev/src/**/*.test.ts',
      'dev/test/**/*.test.ts',
      'apps/web/src/**/*.test.ts',
      'apps/web/test/**/*.test.ts',
    ],
    // Real projects, for `npm run test:acceptance`; what takes its time, for `npm run test:survival`.
    exclude: ['apps/web/test/acceptance/**', '**/node_modules/**', ...SURVIVAL_TESTS],
    globalSetup: ['workers/media/test/support/global-setup.ts'],
    // Real servers and encoders on two cores: more files at a time only take the processor from each other.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
