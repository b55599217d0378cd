/** Runs the checks: all of them for `media doctor`, the fast ones when a worker starts. */

import { startDeadline } from '@supabase-media/core/deadline';
import { openStorage, type StorageConnection } from '@supabase-media/storage/connection';
import { MAX_VIDEO_BYTES } from '@supabase-media/upload-protocol/limits';
import type { Config } from '../config.ts';
import { judgeClocks } from './check-clock.ts';
import { checkDatabase } from './check-database.ts';
import { checkDisk } from './check-disk.ts';
import { checkEdge } from './check-edge.ts';
import { checkFfmpeg } from './check-ffmpeg.ts';
import { checkLimits } from './check-limits.ts';
import { checkProof } from './check-proof.ts';
import { checkQueue, type QueueReport } from './check-queue.ts';
import { checkStorage, type StorageReport } from './check-storage.ts';
import { CHECKS, type CheckName, type Finding, type FindingCode, type FindingStatus, found } from './findings.ts';

/** The bucket for sources that the migrations create. */
export const SOURCE_BUCKET = 'project-videos';

export interface DoctorOptions {
  readonly config: Config;
  readonly signal: AbortSignal;
  readonly sourceBucket?: string | undefined;
  /** Send one chunk of 6 MiB through the proxies in front of Storage, and store two objects to see what proves uploads. Default false. */
  readonly probe?: boolean | undefined;
}

/** The findings, in the order of {@link CHECKS}. */
export interface DoctorReport {
  /** The worst status of the findings. */
  readonly status: FindingStatus;
  readonly findings: readonly Finding[];
  readonly seconds: number;
}

/** A check that takes longer is reported as failed, in milliseconds. */
const CHECK_TIMEOUT_MS = 60_000;

const NO_QUEUE: QueueReport = { findings: [], clocks: [] };
const NO_STORAGE: StorageReport = { findings: [], clocks: [], buckets: [] };

/** Reports an error inside a check as a finding, so that the other checks still run. */
async function guard<T>(
  check: CheckName,
  options: {
    readonly signal: AbortSignal;
    readonly add: (findings: readonly Finding[]) => void;
    readonly otherwise: T;
  },
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, add, otherwise } = options;
  const deadline = startDeadline(CHECK_TIMEOUT_MS, signal);
  try {
    return await run(deadline.signal);
  } catch (error) {
    signal.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    add([found(check, 'check_failed', { message })]);
    return otherwise;
  } finally {
    deadline.clear();
  }
}

const worstOf = (findings: readonly Finding[]): FindingStatus =>
  (['error', 'warning'] as const).find((status) => findings.some((finding) => finding.status === status)) ?? 'ok';

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
    const [queue, storage] = await Promise.all([
      guard('queue', { ...guarded, otherwise: NO_QUEUE }, (bounded) => checkQueue(config.queue, bounded)),
      connection === undefined
        ? NO_STORAGE
        : guard('storage', { ...guarded, otherwise: NO_STORAGE }, (bounded) =>
            checkStorage(connection, { buckets: bucketsOf(options), signal: bounded }),
          ),
      guard('ffmpeg', { ...guarded, otherwise: undefined }, async (bounded) =>
        add(await checkFfmpeg(config.ffmpeg, bounded)),
      ),
      guard('disk', { ...guarded, otherwise: undefined }, async () => add(await checkDisk(config.worker))),
    ]);
    add(queue.findings);
    add(storage.findings);
    add(judgeClocks([...storage.clocks, ...queue.clocks]));
    if (supabase === undefined)
      add([
        found('storage', 'supabase_not_configured', {
          message: 'SUPABASE_URL or SUPABASE_SERVICE_ROLE_KEY is not set.',
        }),
      ]);
    if (extent === 'all' && connection !== undefined && supabase !== undefined) {
      await guard('database', { ...guarded, otherwise: undefined }, async (bounded) =>
        add(
          isKeyOrAddressWrong(storage)
            ? [
                found('database', 'check_skipped', {
                  message: 'The database API cannot be checked with this address and key.',
                }),
              ]
            : await checkDatabase(supabase, bounded),
        ),
      );
      await checkUploads(options, { connection, storage, add });
    }
  } finally {
    await connection?.close();
  }
  const order = (finding: Finding) => CHECKS.indexOf(finding.check);
  findings.sort((a, b) => order(a) - order(b));
  return { status: worstOf(findings), findings, seconds: (performance.now() - started) / 1000 };
}

/** Problems that affect the database API too; one finding is enough. */
const KEY_OR_ADDRESS_CODES: readonly string[] = [
  'key_expired',
  'key_not_service_role',
  'key_other_project',
  'storage_not_supabase',
  'storage_unauthorized',
  'storage_unreachable',
] satisfies FindingCode[];

const isKeyOrAddressWrong = ({ findings }: StorageReport): boolean =>
  findings.some(({ code }) => KEY_OR_ADDRESS_CODES.includes(code));

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
  const facts = await guard('limits', { ...guarded, otherwise: [] }, async (signal) => {
    const report = await checkLimits(connection, { buckets, signal });
    add(report.findings);
    return report.facts;
  });
  const [first] = facts;
  if (first === undefined) return;
  await guard('edge', { ...guarded, otherwise: undefined }, async (signal) =>
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
    await guard('proof', { ...guarded, otherwise: undefined }, async (signal) =>
      add(await checkProof(connection, { bucket: first.bucket, signal })),
    );
}
