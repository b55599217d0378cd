/** Runs the checks: all of them for `media doctor`, the fast ones when a worker starts. */

import type { QueueReport } from '@supabase-media/diagnosis/check-queue';
import { checkServices, guardCheck } from '@supabase-media/diagnosis/check-services';
import type { StorageReport } from '@supabase-media/diagnosis/check-storage';
import { CHECKS, type Finding, type FindingStatus, found, worstStatus } from '@supabase-media/diagnosis/findings';
import { openStorage, type StorageConnection } from '@supabase-media/storage/connection';
import { MAX_VIDEO_BYTES } from '@supabase-media/upload-protocol/limits';
import type { Config } from '../config.ts';
import { checkDisk } from './check-disk.ts';
import { checkEdge } from './check-edge.ts';
import { checkFfmpeg } from './check-ffmpeg.ts';
import { checkLimits } from './check-limits.ts';
import { checkProof } from './check-proof.ts';

/** The bucket for sources that the migrations create. */
export const SOURCE_BUCKET = 'project-videos';

export interface DoctorOptions {
  readonly config: Config;
  readonly signal: AbortSignal;
  readonly sourceBucket?: string | undefined;
  /** Send one chunk of 6 MiB through the proxies in front of Storage, and store two objects to see what proves uploads. Default false. */
  readonly probe?: boolean | undefined;
  /** What a moment ago was found of the queue: looking takes connections that a running worker may not have left. */
  readonly queueReport?: QueueReport | undefined;
}

/** The findings, in the order of {@link CHECKS}. */
export interface DoctorReport {
  /** The worst status of the findings. */
  readonly status: FindingStatus;
  readonly findings: readonly Finding[];
  readonly seconds: number;
}

/** Runs every check. Changes nothing and leaves nothing behind: what it uploads it aborts or removes. */
export const runDoctor = (options: DoctorOptions): Promise<DoctorReport> => run(options, 'all');

/** Runs the checks that take about a second, before a worker takes its first job: ffmpeg, disk, queue, Storage, buckets, clocks. */
export const runFastChecks = (options: Omit<DoctorOptions, 'probe'>): Promise<DoctorReport> => run(options, 'fast');

async function run(options: DoctorOptions, extent: 'all' | 'fast'): Promise<DoctorReport> {
  const { config, signal } = options;
  const started = performance.now();
  const findings: Finding[] = [];
  const add = (more: readonly Finding[]) => void findings.push(...more);
  const guarded = { signal, add };
  const { url, serviceRoleKey } = config.supabase;
  const supabase = url === undefined || serviceRoleKey === undefined ? undefined : { url, serviceRoleKey };
  const connection = supabase && openStorage({ ...supabase, connectMs: config.upload.connectMs });
  try {
    const [{ findings: shared, storage }] = await Promise.all([
      checkServices({
        queue: config.queue,
        connection,
        buckets: bucketsOf(options),
        queueReport: options.queueReport,
        signal,
      }),
      guardCheck('ffmpeg', { ...guarded, otherwise: undefined }, async (bounded) =>
        add(await checkFfmpeg(config.ffmpeg, bounded)),
      ),
      guardCheck('disk', { ...guarded, otherwise: undefined }, async () => add(await checkDisk(config.worker))),
    ]);
    add(shared);
    if (extent === 'all' && connection !== undefined) await checkUploads(options, { connection, storage, add });
  } finally {
    await connection?.close();
  }
  const order = (finding: Finding) => CHECKS.indexOf(finding.check);
  findings.sort((a, b) => order(a) - order(b));
  return { status: worstStatus(findings), findings, seconds: (performance.now() - started) / 1000 };
}

const bucketsOf = ({ config, sourceBucket = SOURCE_BUCKET }: DoctorOptions): readonly string[] => [
  ...new Set([sourceBucket, config.resultBucket]),
];

/** The checks that need a bucket: limits, resumable uploads, the proxies in front of Storage. */
async function checkUploads(
  options: DoctorOptions,
  at: {
    readonly connection: StorageConnection;
    readonly storage: StorageReport;
    readonly add: (findings: readonly Finding[]) => void;
  },
): Promise<void> {
  const { connection, storage, add } = at;
  const { buckets } = storage;
  if (buckets.length === 0) {
    const message = 'No bucket could be inspected.';
    return add([found('limits', 'check_skipped', { message })]);
  }
  const guarded = { signal: options.signal, add };
  const facts = await guardCheck('limits', { ...guarded, otherwise: [] }, async (signal) => {
    const report = await checkLimits(connection, { buckets, signal });
    add(report.findings);
    return report.facts;
  });
  const [first] = facts;
  if (first === undefined) return;
  await guardCheck('edge', { ...guarded, otherwise: undefined }, async (signal) =>
    add(
      await checkEdge(connection, {
        bucket: first.bucket,
        refusal: first.requestRefusal,
        refusalBytes: MAX_VIDEO_BYTES,
        roundTripMs: first.resumable.roundTripMs,
        probe: options.probe ?? false,
        signal,
      }),
    ),
  );
  if (options.probe)
    await guardCheck('proof', { ...guarded, otherwise: undefined }, async (signal) =>
      add(await checkProof(connection, { bucket: first.bucket, signal })),
    );
}
