/** The jobs that are compared: what is uploaded, and what is to be made of it. */

import { OUTPUT_KINDS } from '@supabase-media/media/outputs';
import type { SourceKind } from '../make-source.ts';

export interface JobCase {
  /** For the table, and to choose by. */
  readonly name: string;
  readonly about: string;
  /** As MEDIA_OUTPUTS names them. */
  readonly outputs: readonly string[];
  readonly source: SourceKind;
  /** The most that a job may take, relative to the script. */
  readonly most: number;
}

const MINUTE = { kind: 'encode', seconds: 60 } as const;

export const JOB_CASES: readonly JobCase[] = [
  {
    name: 'all',
    about: '60 s of 1080p, all outputs',
    outputs: OUTPUT_KINDS,
    source: MINUTE,
    most: 0.95,
  },
  { name: 'mp4', about: '60 s of 1080p, MP4 and poster', outputs: ['video', 'poster'], source: MINUTE, most: 1.03 },
  {
    name: 'copy',
    about: '2 GB web-ready, MP4 and poster',
    outputs: ['video', 'poster'],
    source: { kind: 'web-ready', bytes: 2_000_000_000 },
    most: 1.05,
  },
];
