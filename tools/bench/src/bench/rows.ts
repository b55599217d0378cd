/** The rows of the table: what is done, by whom, and what the worker may take for it. */
import { OUTPUT_KINDS } from '@supabase-media/media/outputs';
import type { SourceKind } from '../make-source.ts';

/** Who does a row's work. How each does it: `contenders/`. */
export type ContenderName =
  | 'worker'
  | 'two workers'
  | 'one worker'
  | 'script'
  | 'script with proofs'
  | 'usual worker'
  | 'media process'
  | 'ffmpeg alone'
  | 'media upload'
  | 'curl -T'
  | 'curl -T, md5sum'
  | 'supabase-js upload'
  | 'worker download'
  | 'curl -o'
  | 'curl -o, sha256sum'
  | 'supabase-js download';

export interface Row {
  /** To choose by. */
  readonly name: string;
  readonly about: string;
  /** Ours first; then what it is compared with; then others. */
  readonly contenders: readonly [ours: ContenderName, baseline: ContenderName, ...others: ContenderName[]];
  readonly source: SourceKind;
  /** As MEDIA_OUTPUTS names them. */
  readonly outputs: readonly string[];
  /** Videos of one run. */
  readonly videos: number;
  /** Videos at a time. */
  readonly concurrency: number;
  /** The most that ours may take, relative to the baseline. */
  readonly most?: number;
  /** Of a longer way, where it is another. */
  readonly mostOverWay?: number;
  /** Measured unless others are chosen. */
  readonly isDefault: boolean;
}

const MINUTE = { kind: 'encode', seconds: 60 } as const;
const SHORT = { kind: 'encode', seconds: 5 } as const;
const LARGE = { kind: 'web-ready', bytes: 2_000_000_000 } as const;
const MP4 = ['video', 'poster'] as const;
const WHOLE_JOB = ['worker', 'script', 'usual worker'] as const;
const one = { videos: 1, concurrency: 1, isDefault: true } as const;

const clips = (concurrency: number): Row => ({
  name: `clips-${concurrency}`,
  about: `20 clips of 5 s, ${concurrency} at a time`,
  contenders: WHOLE_JOB,
  source: SHORT,
  outputs: MP4,
  videos: 20,
  concurrency,
  isDefault: false,
});

export const ROWS: readonly Row[] = [
  {
    ...{ name: 'all', about: '60 s of 1080p, all outputs', contenders: WHOLE_JOB },
    ...{ ...one, source: MINUTE, outputs: OUTPUT_KINDS, most: 0.95, mostOverWay: 0.9 },
  },
  {
    ...{ name: 'mp4', about: '60 s of 1080p, MP4 and poster', contenders: WHOLE_JOB },
    ...{ ...one, source: MINUTE, outputs: MP4, most: 1.03, mostOverWay: 0.9 },
  },
  {
    ...{ name: 'copy', about: '2 GB web-ready, MP4 and poster' },
    contenders: [...WHOLE_JOB, 'script with proofs'],
    ...{ ...one, source: LARGE, outputs: MP4, most: 1.05, mostOverWay: 0.9 },
  },
  {
    ...{ name: 'upload', about: '2 GB to Storage' },
    contenders: ['media upload', 'curl -T, md5sum', 'curl -T', 'supabase-js upload'],
    ...{ ...one, source: LARGE, outputs: [], most: 1.05 },
  },
  {
    ...{ name: 'download', about: '2 GB from Storage' },
    contenders: ['worker download', 'curl -o, sha256sum', 'curl -o', 'supabase-js download'],
    ...{ ...one, source: LARGE, outputs: [] },
  },
  clips(1),
  clips(2),
  clips(4),
  {
    ...{ name: 'clip', about: '5 s of 1080p, all outputs, to ready' },
    contenders: ['worker', 'ffmpeg alone', 'script'],
    ...{ ...one, source: SHORT, outputs: OUTPUT_KINDS, most: 1.3 },
  },
  {
    ...{ name: 'process', about: '5 s of 1080p, all outputs, no server' },
    contenders: ['media process', 'ffmpeg alone'],
    ...{ ...one, source: SHORT, outputs: OUTPUT_KINDS, most: 1.3 },
  },
  {
    ...{ name: 'long', about: '20 min of 1080p, one core each' },
    contenders: ['two workers', 'one worker'],
    ...{ ...one, source: { kind: 'encode', seconds: 1200 }, outputs: MP4, most: 0.58, isDefault: false },
  },
];
