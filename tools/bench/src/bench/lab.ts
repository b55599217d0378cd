/** What contenders work with: one stack, its sources, and a folder. */
import { readTraffic } from './measure/read-wire.ts';
import type { Row } from './rows.ts';

/** Where the sources are, and the results go. */
export const SOURCE_BUCKET = 'project-videos';
export const RESULT_BUCKET = 'project-processed-videos';

export interface Lab {
  readonly folder: string;
  /** Of the stack, with SUPABASE_URL as the way to it is to be. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of the stack itself, for what is not measured. */
  readonly stackUrl: string;
  readonly ffmpeg: string;
  /** Where a row's source is on this machine. */
  readonly sourceOf: (row: Row) => string;
}

/** One run: the sources are in the bucket under these paths, and no result is in its way. */
export interface Work {
  readonly row: Row;
  readonly paths: readonly string[];
  readonly round: number;
}

export const storageKey = ({ environment }: Lab): string => String(environment.SUPABASE_SERVICE_ROLE_KEY);
export const storageUrl = ({ environment }: Lab): string => `${environment.SUPABASE_URL}/storage/v1`;
export const trafficOf = (lab: Lab) => readTraffic(lab.stackUrl);
