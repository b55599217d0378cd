import { defineConfig } from 'vitest/config';

/**
 * `npm run test:survival`: what has to wait for claims to run out, processes to be restarted and silence to be noticed.
 * Apart from `npm test`, which is to end within six minutes.
 */
export const SURVIVAL_TESTS = [
  'workers/media/test/worker-restarts.test.ts',
  'workers/media/test/queue-claims.test.ts',
  'workers/media/test/queue-scale.test.ts',
  'apps/web/test/client-survival.test.ts',
  'apps/web/test/ingress-nginx.test.ts',
];

// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  test: {
    include: SURVIVAL_TESTS,
    globalSetup: ['workers/media/test/support/global-setup.ts'],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
