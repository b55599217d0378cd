/**
 * Every environment variable of the worker: section, unit, default and reason. `config.ts` validates by this table;
 * `.env.example` and docs/configuration.md are generated from it (`npm run env:example`, `npm run docs:configuration`).
 */

import { OUTPUT_KINDS, OUTPUTS, parseOutputs } from '@supabase-media/media/outputs';
import { DEFAULT_POLICY, HLS_LAYOUTS } from '@supabase-media/media/policy';
import { PROFILES } from '@supabase-media/media/profiles';
import { METRICS_VARIABLES } from '@supabase-media/service/metrics-variables';
import { type VariableTable, wholeNumber } from '@supabase-media/service/settings-table';
import { LOG_VARIABLES, QUEUE_VARIABLES, SUPABASE_VARIABLES } from '@supabase-media/service/shared-variables';
import { TRACING_VARIABLES } from '@supabase-media/service/tracing-variables';
import { z } from 'zod';
import { JOB_TYPES } from './jobs/catalog.ts';
import { TRANSFER_VARIABLES, WORK_DIR_VARIABLE } from './transfer-variables.ts';

const text = z.string().min(1);

/** At most one digit after the point. */
const decimalNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^-?\d+(\.\d)?$/)
    .transform(Number)
    .refine((value) => value >= min && value <= max);

const WORKER_VARIABLES = {
  ...SUPABASE_VARIABLES,
  ...QUEUE_VARIABLES,
  WORKER_CONCURRENCY: {
    section: 'Worker',
    allowed: 'a whole number of jobs from 1 to 64',
    default: '1',
    reason: 'Concurrent jobs in one process. One encode uses two cores: add one per two further cores.',
    schema: wholeNumber(1, 64),
  },
  ENCODE_CONCURRENCY: {
    section: 'Worker',
    allowed: 'a whole number of encodes from 1 to 64',
    reason: 'Concurrent encodes in one process; other jobs download and upload meanwhile. Unset: WORKER_CONCURRENCY.',
    schema: wholeNumber(1, 64),
  },
  UPLOAD_CONCURRENCY: {
    section: 'Worker',
    allowed: 'a whole number of jobs from 1 to 64',
    reason:
      'Jobs in one process that may transfer files from and to Storage at the same time. Unset: WORKER_CONCURRENCY.',
    schema: wholeNumber(1, 64),
  },
  JOB_LOCK_SECONDS: {
    section: 'Worker',
    allowed: 'whole seconds from 2 to 3600',
    default: '90',
    reason:
      "How long a worker's lock on a job outlives its last renewal. Jobs of a killed worker resume automatically after this and a third more; a queue that is away for less than this costs nothing.",
    schema: wholeNumber(2, 3600),
  },
  JOB_LIFETIME_HOURS: {
    section: 'Worker',
    allowed: 'whole hours from 1 to 168',
    default: '12',
    reason: 'The longest run of a job; after that it fails permanently.',
    schema: wholeNumber(1, 168),
  },
  REQUEST_POLL_SECONDS: {
    section: 'Worker',
    allowed: 'whole seconds from 0 to 300',
    default: '5',
    reason:
      'How often the worker looks for rows of videos that wait for their job, for canceled ones and for uploads to process. 0: not here. Use 0 for the workers of every queue but one where several queues share a project.',
    schema: wholeNumber(0, 300),
  },
  ...WORK_DIR_VARIABLE,
  WORK_DIR_RESERVE_MB: {
    section: 'Worker',
    allowed: 'whole MB from 0 to 10000000',
    default: '500',
    reason:
      'Space to keep free on the disk of WORK_DIR. A job starts when 2.5 times its source fits in addition to this and to what other jobs of the process may still need; until then it waits. When its results are planned, the most that they may have is reserved in the same way.',
    schema: wholeNumber(0, 10_000_000),
  },
  SHUTDOWN_GRACE_SECONDS: {
    section: 'Worker',
    allowed: 'whole seconds from 0 to 86400',
    default: '30',
    reason: 'How long a stopping worker lets running jobs finish before it returns them to the queue.',
    schema: wholeNumber(0, 86_400),
  },
  ...METRICS_VARIABLES,
  FFMPEG_PATH: {
    section: 'Media',
    allowed: 'the path of an ffmpeg program',
    example: '/usr/bin/ffmpeg',
    reason: 'Unset: ffmpeg from the PATH, else the one that npm installed.',
    schema: text,
  },
  FFPROBE_PATH: {
    section: 'Media',
    allowed: 'the path of an ffprobe program',
    example: '/usr/bin/ffprobe',
    reason: 'Unset: ffprobe from the PATH, else the one that npm installed.',
    schema: text,
  },
  MEDIA_OUTPUTS: {
    section: 'Media',
    allowed: `one or more of ${OUTPUT_KINDS.join(', ')}, with commas between`,
    default: OUTPUT_KINDS.join(','),
    reason: `The outputs of jobs that do not name their own. ${OUTPUTS.map(({ kind, about }) => `${kind}: ${about}`).join('; ')}.`,
    schema: z.string().transform((value, context) => {
      const outputs = parseOutputs(value);
      if (outputs !== undefined) return outputs;
      context.addIssue('not a list of outputs');
      return z.NEVER;
    }),
  },
  MEDIA_PROFILE: {
    section: 'Media',
    allowed: PROFILES.join(' or '),
    default: 'fast',
    reason:
      'For jobs that do not name one. quality looks better in dark and busy scenes and takes three times as long.',
    schema: z.enum(PROFILES),
  },
  MEDIA_MAX_SHORT_SIDE: {
    section: 'Media',
    allowed: 'whole pixels from 144 to 2160',
    default: '1080',
    reason: 'Larger videos are scaled down. 2160 (4K) takes four times the time and space of 1080.',
    schema: wholeNumber(144, 2160),
  },
  MEDIA_MAX_FPS: {
    section: 'Media',
    allowed: 'whole frames per second from 10 to 120',
    default: '60',
    reason: 'Higher frame rates are reduced to this. 30 takes half the time for sources with 60.',
    schema: wholeNumber(10, 120),
  },
  MEDIA_MAX_DURATION_MINUTES: {
    section: 'Media',
    allowed: 'whole minutes from 1 to 2880',
    default: '720',
    reason: 'Longer videos are rejected: a small file can have a duration of days and keep a worker busy for as long.',
    schema: wholeNumber(1, 2880),
  },
  MEDIA_LOUDNESS: {
    section: 'Media',
    allowed: 'a number of LUFS from -40 to -5',
    example: '-14',
    reason:
      'Integrated loudness (EBU R 128) to bring the sound to, by one gain for the whole video, true peaks below -1 dBTP. -14 is usual on the web, -23 on television. The sound is measured and encoded then, also where it could be copied. Unset: the loudness stays as it is.',
    schema: decimalNumber(-40, -5),
  },
  MEDIA_HLS: {
    section: 'Media',
    allowed: HLS_LAYOUTS.join(' or '),
    default: DEFAULT_POLICY.hls.layout,
    reason:
      'How HLS is stored. single: one object for each size, whatever the length of the video, read in parts. segments: one for each 4 s, for servers and caches that cannot answer requests for parts.',
    schema: z.enum(HLS_LAYOUTS),
  },
  MEDIA_SPLIT_MINUTES: {
    section: 'Media',
    allowed: 'whole minutes from 0 to 10000',
    default: '10',
    reason:
      'A video that one worker is expected to encode for longer than this is cut into parts of one to two minutes while other workers have nothing to do; they encode the parts. 0: never.',
    schema: wholeNumber(0, 10_000),
  },
  MEDIA_THREADS: {
    section: 'Media',
    allowed: 'a whole number from 1 to 64',
    default: '3',
    reason: 'Threads of each decoder and encoder: one more than there are cores per job uses them best.',
    schema: wholeNumber(1, 64),
  },
  MEDIA_MEMORY_LIMIT_MB: {
    section: 'Media',
    allowed: 'whole megabytes (1 MB = 1000000 bytes), 0 for no limit, else from 1000 to 1000000',
    default: '4000',
    reason:
      'Limits the address space of one ffmpeg process, if the system has prlimit. 8K and HDR sources need up to 1500 with two threads, and more with further threads.',
    schema: wholeNumber(0, 1_000_000).refine((value) => value === 0 || value >= 1000),
  },
  ...TRANSFER_VARIABLES,
  ...LOG_VARIABLES,
  ...TRACING_VARIABLES,
} as const satisfies VariableTable;

/** What the job types in the catalog add. */
export const JOB_VARIABLES: VariableTable = Object.assign({}, ...JOB_TYPES.map(({ variables }) => variables));

export const VARIABLES: typeof WORKER_VARIABLES & VariableTable = { ...WORKER_VARIABLES, ...JOB_VARIABLES };
