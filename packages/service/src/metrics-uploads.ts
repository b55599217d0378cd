/** Metrics of uploads and of browsers' upload sessions. */

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

/** One running upload, counted under the route it started with, even if it finishes on another. */
export interface UploadRecording {
  /** It is stored and verified. `bytesSent` is the sum of all attempts. */
  readonly succeeded: (result: { readonly bytesSent: number }) => void;
  readonly failed: (code: ErrorCode) => void;
}

/** Recorded by the uploader and the intake API. */
export interface UploadMetrics {
  /** @param upload.bytes the size of the file. */
  readonly uploadStarted: (upload: { readonly route: UploadRouteLabel; readonly bytes: number }) => UploadRecording;
  readonly retried: (operation: RetriedOperation, retryClass: (typeof RETRY_CLASSES)[number]) => void;
  readonly sessionCreated: () => void;
  readonly sessionEnded: (ending: SessionOutcome) => void;
}

/** In seconds: from a poster of a few kB to 2 GB on a slow link. */
const UPLOAD_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800];
const UPLOAD_BYTES = [1e5, 1e6, 1e7, 5e7, 1e8, 2.5e8, 5e8, 1e9, 2e9];

/** Registers the metrics, every series at zero. */
export function createUploadMetrics(registry: Registry): UploadMetrics {
  const common = { registers: [registry] };
  const started = new Counter({
    ...common,
    name: 'media_uploads_started_total',
    help: 'Uploads started, by first route.',
    labelNames: ['route'],
  });
  const succeeded = new Counter({
    ...common,
    name: 'media_uploads_succeeded_total',
    help: 'Uploads stored and verified, by first route.',
    labelNames: ['route'],
  });
  const failed = new Counter({
    ...common,
    name: 'media_uploads_failed_total',
    help: 'Uploads that failed, by first route and error code.',
    labelNames: ['route', 'code'],
  });
  const seconds = new Histogram({
    ...common,
    name: 'media_upload_duration_seconds',
    help: 'Time from the first byte to verification, of successful uploads, by route and file size.',
    labelNames: ['route', 'size'],
    buckets: UPLOAD_SECONDS,
  });
  const bytes = new Histogram({
    ...common,
    name: 'media_upload_size_bytes',
    help: 'Sizes of the uploaded files.',
    labelNames: ['route'],
    buckets: UPLOAD_BYTES,
  });
  const resent = new Counter({
    ...common,
    name: 'media_upload_resent_bytes_total',
    help: 'Bytes sent more than once, in successful uploads.',
    labelNames: ['route'],
  });
  const retries = new Counter({
    ...common,
    name: 'media_retries_total',
    help: 'Retries within one operation, by the retry class of the failure.',
    labelNames: ['operation', 'class'],
  });
  const created = new Counter({
    ...common,
    name: 'media_upload_sessions_created_total',
    help: 'Upload sessions created for browsers.',
  });
  const ended = new Counter({
    ...common,
    name: 'media_upload_sessions_ended_total',
    help: 'Upload sessions that ended, by outcome.',
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

/** Counts a retry by the class of the failure before it. */
export function countRetry(
  metrics: Pick<UploadMetrics, 'retried'>,
  operation: RetriedOperation,
  error: MediaError,
): void {
  if (error.retry !== 'never') metrics.retried(operation, error.retry);
}
