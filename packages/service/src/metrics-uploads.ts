/** What is counted of uploads and of the sessions of browsers. */

import type { ErrorCode, MediaError } from '@supabase-media/core/errors';
import { Counter, Histogram, type Registry } from 'prom-client';
import {
  ERROR_CODES,
  RETRIED_OPERATIONS,
  RETRY_CLASSES,
  type RetriedOperation,
  SESSION_OUTCOMES,
  type SessionOutcome,
  SIZE_CLASS_NAMES,
  sizeClassOf,
  UPLOAD_ROUTES,
  type UploadRouteLabel,
} from './metrics-labels.ts';
import { once, secondsSince } from './record-once.ts';

/** One upload under way. Counted under the route that it began with, also when another one ends it. */
export interface UploadRecording {
  /** It is stored and proved. `bytesSent` counts all attempts together. */
  readonly succeeded: (result: { readonly bytesSent: number }) => void;
  readonly failed: (code: ErrorCode) => void;
}

/** What uploads tell. */
export interface UploadMetrics {
  /** @param upload.bytes of the file. */
  readonly uploadStarted: (upload: { readonly route: UploadRouteLabel; readonly bytes: number }) => UploadRecording;
  readonly retried: (operation: RetriedOperation, retryClass: (typeof RETRY_CLASSES)[number]) => void;
  readonly sessionCreated: () => void;
  readonly sessionEnded: (ending: SessionOutcome) => void;
}

/** Seconds: from a poster of some kB to 2 GB on a slow link. */
const UPLOAD_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800];
const UPLOAD_BYTES = [1e5, 1e6, 1e7, 5e7, 1e8, 2.5e8, 5e8, 1e9, 2e9];

/** Registers them, every series at zero. */
export function createUploadMetrics(registry: Registry): UploadMetrics {
  const common = { registers: [registry] };
  const started = new Counter({
    ...common,
    name: 'media_uploads_started_total',
    help: 'Uploads begun, by the route that was chosen first.',
    labelNames: ['route'],
  });
  const succeeded = new Counter({
    ...common,
    name: 'media_uploads_succeeded_total',
    help: 'Uploads stored and proved, by the route that they began with.',
    labelNames: ['route'],
  });
  const failed = new Counter({
    ...common,
    name: 'media_uploads_failed_total',
    help: 'Uploads given up, by the route that they began with and the error code.',
    labelNames: ['route', 'code'],
  });
  const seconds = new Histogram({
    ...common,
    name: 'media_upload_duration_seconds',
    help: 'From the first byte to the proof, of uploads that succeeded, by route and size of the file.',
    labelNames: ['route', 'size'],
    buckets: UPLOAD_SECONDS,
  });
  const bytes = new Histogram({
    ...common,
    name: 'media_upload_size_bytes',
    help: 'Sizes of the files that were uploaded; the sum is what was stored.',
    labelNames: ['route'],
    buckets: UPLOAD_BYTES,
  });
  const resent = new Counter({
    ...common,
    name: 'media_upload_resent_bytes_total',
    help: 'Bytes sent more than once, in uploads that succeeded.',
    labelNames: ['route'],
  });
  const retries = new Counter({
    ...common,
    name: 'media_retries_total',
    help: 'Further attempts within one operation, by the class of the failure.',
    labelNames: ['operation', 'class'],
  });
  const created = new Counter({
    ...common,
    name: 'media_upload_sessions_created_total',
    help: 'Upload sessions begun for browsers.',
  });
  const ended = new Counter({
    ...common,
    name: 'media_upload_sessions_ended_total',
    help: 'Upload sessions that came to an end, by how.',
    labelNames: ['ending'],
  });
  for (const route of UPLOAD_ROUTES) {
    for (const metric of [started, succeeded, resent]) metric.inc({ route }, 0);
    for (const code of ERROR_CODES) failed.inc({ route, code }, 0);
    for (const size of SIZE_CLASS_NAMES) seconds.zero({ route, size });
    bytes.zero({ route });
  }
  for (const operation of RETRIED_OPERATIONS)
    for (const name of RETRY_CLASSES) retries.inc({ operation, class: name }, 0);
  for (const ending of SESSION_OUTCOMES) ended.inc({ ending }, 0);

  return {
    uploadStarted: ({ route, bytes: size }: { route: UploadRouteLabel; bytes: number }): UploadRecording => {
      const from = performance.now();
      started.inc({ route });
      const end = once((record: () => void) => record());
      return {
        succeeded: ({ bytesSent }) =>
          end(() => {
            succeeded.inc({ route });
            seconds.observe({ route, size: sizeClassOf(size) }, secondsSince(from));
            bytes.observe({ route }, size);
            resent.inc({ route }, Math.max(0, bytesSent - size));
          }),
        failed: (code) => end(() => failed.inc({ route, code })),
      };
    },
    retried: (operation: RetriedOperation, retryClass: (typeof RETRY_CLASSES)[number]) =>
      retries.inc({ operation, class: retryClass }),
    sessionCreated: () => created.inc(),
    sessionEnded: (ending: SessionOutcome) => ended.inc({ ending }),
  };
}

/** Counts a further attempt by the class of the failure before it. */
export function countRetry(
  metrics: Pick<UploadMetrics, 'retried'>,
  operation: RetriedOperation,
  error: MediaError,
): void {
  if (error.retry !== 'never') metrics.retried(operation, error.retry);
}
