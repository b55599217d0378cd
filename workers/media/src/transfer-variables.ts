/** The variables of uploads, apart from the others: `media upload` reads no more, and loads nothing that makes videos. */
import { type VariableTable, wholeNumber } from '@supabase-media/service/settings-table';
import {
  LOG_VARIABLES,
  QUEUE_VARIABLES,
  SUPABASE_VARIABLES,
  UPLOAD_VARIABLES,
} from '@supabase-media/service/shared-variables';
import { TRACING_VARIABLES } from '@supabase-media/service/tracing-variables';
import { DIRECT_BELOW_BYTES } from '@supabase-media/upload-protocol/limits';
import { z } from 'zod';

export const WORK_DIR_VARIABLE = {
  WORK_DIR: {
    section: 'Worker',
    allowed: 'a folder this user may write to',
    example: '/var/lib/media-worker',
    reason:
      'Holds sources and results while jobs run: about 2.5 times the largest source per job. Unset: a folder in the temporary directory of the system.',
    schema: z.string().min(1),
  },
} as const satisfies VariableTable;

export const TRANSFER_VARIABLES = {
  UPLOAD_DIRECT_MAX_MB: {
    section: 'Upload',
    allowed: 'whole megabytes (1 MB = 1000000 bytes) from 0 to 5000',
    default: String(DIRECT_BELOW_BYTES / 1_000_000),
    reason:
      'Smaller files are uploaded in one request by the Supabase client, larger ones by resumable requests, of which a break costs nothing. Both stream: neither keeps a file in memory.',
    schema: wholeNumber(0, 5000),
  },
  ...UPLOAD_VARIABLES,
  UPLOAD_TIMEOUT_SECONDS: {
    section: 'Upload',
    allowed: 'whole seconds from 1 to 86400',
    default: '600',
    reason: 'Limits one request. 2 GB in 600 s need 27 Mbit/s: raise it for slower links.',
    schema: wholeNumber(1, 86_400),
  },
  UPLOAD_STALL_SECONDS: {
    section: 'Upload',
    allowed: 'whole seconds from 1 to 3600',
    default: '60',
    reason: 'A request in which no byte is accepted for this long is ended and retried.',
    schema: wholeNumber(1, 3600),
  },
  UPLOAD_CONNECT_SECONDS: {
    section: 'Upload',
    allowed: 'whole seconds from 1 to 300',
    default: '10',
    reason: 'Limits the time to connect to Storage; after that the request is retried.',
    schema: wholeNumber(1, 300),
  },
  UPLOAD_ANSWER_SECONDS: {
    section: 'Upload',
    allowed: 'whole seconds from 1 to 3600',
    default: '60',
    reason:
      'The least time to wait for the response after the last byte, while Storage reads the object again; 10 s per GB if that is more.',
    schema: wholeNumber(1, 3600),
  },
  UPLOAD_MAX_RETRIES: {
    section: 'Upload',
    allowed: 'a whole number from 0 to 20',
    default: '3',
    reason:
      'Retries after the first attempt, 1, 2, 4 … seconds apart; progress resets the count. Permanent errors are not retried.',
    schema: wholeNumber(0, 20),
  },
} as const satisfies VariableTable;

/** What `media upload` reads; the addresses of queues only to take them out of its environment. */
export const UPLOAD_COMMAND_VARIABLES = {
  ...SUPABASE_VARIABLES,
  ...QUEUE_VARIABLES,
  ...WORK_DIR_VARIABLE,
  ...TRANSFER_VARIABLES,
  ...LOG_VARIABLES,
  ...TRACING_VARIABLES,
} as const satisfies VariableTable;
