/** The end of a job, as other job types are told of it. */
import type { MediaError } from '@supabase-media/core/errors';

export interface JobEnd {
  /** The name of the job's type. */
  readonly type: string;
  readonly jobId: string;
  /** Names this request for the job: a finished job that is run again ends again, under another one. */
  readonly request: string;
  /** Fits the type's schema. */
  readonly payload: object;
  readonly outcome: 'completed' | 'failed' | 'canceled';
  /** Of a completed job. */
  readonly result?: unknown;
  /** Of any other. */
  readonly error?: Pick<MediaError, 'code' | 'message' | 'forUser'> | undefined;
}
