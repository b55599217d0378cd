/** Looks at a file before anything is sent, so that nobody waits an hour for a refusal. Pure. */

import { formatBytes } from '@supabase-media/core/format';
import { ACCEPTED_TYPES, TYPE_OF_EXTENSION } from '@supabase-media/upload-protocol/accepted-types';
import { MAX_VIDEO_BYTES } from '@supabase-media/upload-protocol/limits';
import { formatLimit } from '../format.ts';

/** What may be uploaded; {@link DEFAULT_LIMITS} until the API has said. */
export interface UploadLimits {
  /** In bytes. */
  readonly maxBytes: number;
  /** Media types; `video/*` stands for all that begin so. */
  readonly acceptedTypes: readonly string[];
  /** Lower case, without the dot. */
  readonly acceptedExtensions: readonly string[];
}

export const DEFAULT_LIMITS: UploadLimits = {
  maxBytes: MAX_VIDEO_BYTES,
  acceptedTypes: ACCEPTED_TYPES,
  acceptedExtensions: Object.keys(TYPE_OF_EXTENSION),
};

/** What must be known of a file; a browser's File has it. */
export interface FileFacts {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** As the browser declares it; may be empty. */
  readonly type: string;
}

/** Why a file is not sent. */
export interface FileProblem {
  readonly code: 'too_large' | 'empty' | 'wrong_type' | 'folder' | 'already_added';
  /** What is the matter, with the numbers. */
  readonly message: string;
  /** What the person can do. */
  readonly action: string;
}

/** Says nothing: browsers send it, or nothing at all, for what they do not know. */
const UNKNOWN_TYPE = 'application/octet-stream';

const EXAMPLES = '.mp4, .mov, .mkv or .webm';

/** Undefined: it may be sent. The server looks again, and at the bytes too. */
export function validateFile(file: FileFacts, limits: UploadLimits): FileProblem | undefined {
  const typeProblem = validateType(file, limits);
  if (typeProblem !== undefined) return typeProblem;
  if (file.size === 0)
    return {
      code: 'empty',
      message: 'The file is empty.',
      action: 'Look whether it plays on your device, then choose it again.',
    };
  if (file.size <= limits.maxBytes) return undefined;
  const [size, limit] = [formatBytes(file.size), formatLimit(limits.maxBytes)];
  // 2.15 MB is not more than 2.15 MB, to a reader.
  const exact = size === limit ? ` (${file.size} bytes against ${limits.maxBytes})` : '';
  return {
    code: 'too_large',
    message: `The file has ${size}; the limit is ${limit}${exact}.`,
    action: 'Export it smaller, or cut it into parts.',
  };
}

function validateType(file: FileFacts, limits: UploadLimits): FileProblem | undefined {
  const type = file.type.split(';')[0]?.trim().toLowerCase() ?? '';
  const extension = /\.([^.\s]+)$/.exec(file.name)?.[1]?.toLowerCase() ?? '';
  const isTypeKnown = type !== '' && type !== UNKNOWN_TYPE;
  if (isTypeKnown ? limits.acceptedTypes.some((accepted) => matches(type, accepted)) : isListed(extension, limits))
    return undefined;
  const what = isTypeKnown ? type : extension === '' ? 'of no known type' : `.${extension}`;
  return {
    code: 'wrong_type',
    message: `This is no video file (${what}).`,
    action: `Choose a video, such as ${EXAMPLES}.`,
  };
}

const isListed = (extension: string, limits: UploadLimits): boolean => limits.acceptedExtensions.includes(extension);

const matches = (type: string, accepted: string): boolean =>
  accepted.endsWith('/*') ? type.startsWith(accepted.slice(0, -1)) : type === accepted;

/** For the attribute `accept` of a file input: what pickers offer first. */
export const acceptAttribute = (limits: UploadLimits): string =>
  ['video/*', ...limits.acceptedExtensions.map((extension) => `.${extension}`)].join(',');
