/** Whether a file of this size would be taken, decided before a byte of it is sent. Pure. */
import { formatBytes } from '@supabase-media/core/format';
import { ApiError } from '../api-error.ts';

/** Every limit that is known, in bytes. */
export interface SizeLimits {
  readonly intakeBytes: number;
  readonly bucketBytes: number | undefined;
  readonly projectBytes: number | undefined;
}

const NAMES = {
  intake: 'the limit of this service (INTAKE_MAX_BYTES)',
  bucket: 'the limit of the bucket (file_size_limit)',
  project: "the project's global limit (Storage > Settings)",
} as const;

/**
 * @throws {ApiError} `size_refused` for no or a broken size; `file_too_large`, naming the smallest limit.
 */
export function assertAcceptedSize(size: number, limits: SizeLimits): void {
  if (!Number.isSafeInteger(size) || size <= 0)
    throw new ApiError({
      code: 'size_refused',
      message: size === 0 ? 'The file is empty.' : `${size} is no size of a file in whole bytes.`,
      details: { sizeBytes: size },
    });
  const known = [
    ['intake', limits.intakeBytes],
    ['bucket', limits.bucketBytes],
    ['project', limits.projectBytes],
  ] as const;
  const [limit, limitBytes] = known.reduce((least, entry) =>
    (entry[1] ?? Infinity) < (least[1] ?? Infinity) ? entry : least,
  );
  if (limitBytes === undefined || size <= limitBytes) return;
  throw new ApiError({
    code: 'file_too_large',
    message: `The file has ${formatBytes(size)} (${size} bytes); ${NAMES[limit]} is ${formatBytes(limitBytes)} (${limitBytes} bytes).`,
    details: { limit, limitBytes, sizeBytes: size },
  });
}
