/** Checks the free space of WORK_DIR and the type of its file system. */
import { statfs } from 'node:fs/promises';
import { MediaError } from '@supabase-media/core/errors';
import { formatBytes } from '@supabase-media/core/format';
import { type Finding, found, orAllRight } from '@supabase-media/diagnosis/findings';
import { assertWorkDirUsable } from '../work-disk/work-directory.ts';

/** The source, its results, and a second copy of the MP4, for one video of 2 GB. */
const LARGE_VIDEO_BYTES = 5_000_000_000;

/** With less than this, ordinary phone clips fail too. */
const MIN_FREE_BYTES = 1_000_000_000;

/** Types of file systems as statfs(2) names them. */
const IN_MEMORY = new Set([0x01021994]);
const ON_NETWORK = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB 2'],
  [0x00c36400, 'Ceph'],
]);

export interface DiskFacts {
  readonly folder: string;
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** The type of the file system, from statfs(2). */
  readonly type: number;
  /** WORKER_CONCURRENCY. */
  readonly concurrency: number;
}

function judgeDisk(facts: DiskFacts): readonly Finding[] {
  const { folder, freeBytes, totalBytes, concurrency } = facts;
  const space = `${folder} has ${formatBytes(freeBytes)} free of ${formatBytes(totalBytes)}`;
  const needed = LARGE_VIDEO_BYTES * concurrency;
  const jobs = concurrency === 1 ? 'one job' : `${concurrency} concurrent jobs`;
  const findings: Finding[] = [];
  if (freeBytes < MIN_FREE_BYTES) findings.push(found('disk', 'disk_low', { message: `${space}.` }));
  else if (freeBytes < needed)
    findings.push(
      found('disk', 'disk_tight', { message: `${space}; ${jobs} with videos of 2 GB need ${formatBytes(needed)}.` }),
    );
  // Linux reports the type as a signed number on some platforms.
  const type = facts.type >>> 0;
  if (IN_MEMORY.has(type)) findings.push(found('disk', 'disk_in_memory', { message: `${folder} is a tmpfs.` }));
  const network = ON_NETWORK.get(type);
  if (network !== undefined)
    findings.push(found('disk', 'disk_on_network', { message: `${folder} is on ${network}.` }));
  return orAllRight(findings, 'disk', `${space}, enough for ${jobs} with videos of 2 GB.`);
}

export async function checkDisk(options: {
  readonly workDir: string;
  readonly concurrency: number;
}): Promise<readonly Finding[]> {
  try {
    await assertWorkDirUsable(options.workDir);
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    return [found('disk', 'work_dir_unusable', { message: error.message })];
  }
  const disk = await statfs(options.workDir);
  return judgeDisk({
    folder: options.workDir,
    freeBytes: disk.bavail * disk.bsize,
    totalBytes: disk.blocks * disk.bsize,
    type: disk.type,
    concurrency: options.concurrency,
  });
}
