import { defineConfig } from 'vitest/config';
import { RESOLVE_SOURCES } from './vitest.resolve.ts';

/**
 * `npm run test:survival`: tests that wait for locks to expire, processes and servers to restart and stalls to be detected,
 * and tests that move gigabytes or play videos in a browser. Separate from `npm test`, which should end within six minutes.
 */
export const SURVIVAL_TESTS = [
  // Restarts and outages.
  'workers/media/test/worker-restarts.test.ts',
  'workers/media/test/repeated-jobs.test.ts',
  'workers/media/test/changed-jobs.test.ts',
  'workers/media/test/requests.test.ts',
  'workers/media/test/split-video.test.ts',
  'workers/media/test/early-encode.test.ts',
  'tools/bench/test/split-kills.test.ts',
  'tools/chaos/test/outbox.test.ts',
  'packages/media/test/processes.test.ts',
  'tests/scripts/npm-signals.test.ts',
  'tests/scripts/diagnosis.test.ts',
  'tests/scripts/small-pool.test.ts',
  'workers/media/test/upload-patience.test.ts',
  'packages/queue/test/postgres-encryption.test.ts',
  'packages/queue/test/queue-locks.test.ts',
  'packages/queue/test/queue-outcomes.test.ts',
  'packages/queue/test/job-types.test.ts',
  'packages/queue/test/queue-scale.test.ts',
  'packages/storage/test/prove-upload.test.ts',
  'packages/storage/test/upload-resumable.test.ts',
  'packages/storage/test/upload-s3.test.ts',
  'packages/storage/test/upload-survival.test.ts',
  'apps/web/test/api-queue-away.test.ts',
  'apps/web/test/api-races.test.ts',
  'apps/web/test/api-sweep.test.ts',
  'apps/web/test/api-metrics.test.ts',
  'apps/web/test/client-away.test.ts',
  'apps/web/test/client-completion.test.ts',
  'apps/web/test/client-survival.test.ts',
  'apps/web/test/client-watch.test.ts',
  // Broken environments; proxies, alerts and traces.
  'workers/media/test/doctor.test.ts',
  'apps/web/test/ingress-nginx.test.ts',
  'tests/deploy/monitoring.test.ts',
  'workers/media/test/tracing.test.ts',
  // The command line, whole files and whole uploads.
  'workers/media/test/cli.test.ts',
  'workers/media/test/dry-run.test.ts',
  'packages/media/test/saved-results.test.ts',
  'apps/web/test/client-uploads.test.ts',
  // The local stack as a process of its own, and as another kind of Storage.
  'tools/local-stack/test/stack-cli.test.ts',
  'tools/local-stack/test/s3-backend.test.ts',
  // Gigabytes, and browsers.
  'apps/web/test/api-relay.test.ts',
  'packages/storage/test/upload-memory.test.ts',
  'packages/media/test/playback.test.ts',
  'packages/media/test/colours-browser.test.ts',
  'packages/media/test/hls-browser.test.ts',
  // Odd files, on every ffmpeg.
  'packages/media/test/corpus.test.ts',
  'packages/media/test/kinds.test.ts',
  'packages/media/test/colours.test.ts',
  'packages/media/test/pixels.test.ts',
  'packages/media/test/shapes.test.ts',
  'packages/media/test/sound.test.ts',
  'packages/media/test/split.test.ts',
  'packages/media/test/early-encode.test.ts',
  'tools/media-check/test/fuzz-media.test.ts',
  'tools/media-check/test/kept-files.test.ts',
  'apps/web/test/client-browser.test.ts',
];

/**
 * Of these, what a command of its own measures at full length (`bench`, `bench:queue`, `fuzz:media`,
 * `check:media -- --play`, `check:time-left`, `chaos:outbox`), or what changes with the browser rather than with us. Run
 * with SURVIVAL=all.
 */
const MEASURED_BY_COMMAND = [
  'tools/bench/test/split-kills.test.ts',
  'packages/storage/test/upload-memory.test.ts',
  'packages/queue/test/queue-scale.test.ts',
  'packages/media/test/colours-browser.test.ts',
  'packages/media/test/playback.test.ts',
  'tools/media-check/test/fuzz-media.test.ts',
  'tools/chaos/test/outbox.test.ts',
];

const isRun = (file: string): boolean => process.env.SURVIVAL === 'all' || !MEASURED_BY_COMMAND.includes(file);

// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  ...RESOLVE_SOURCES,
  test: {
    include: SURVIVAL_TESTS.filter(isRun),
    globalSetup: ['packages/test-support/src/global-setup.ts'],
    // With three it took as long: on two cores there is little left while some wait.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
