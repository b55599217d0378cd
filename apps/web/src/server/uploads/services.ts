/** What the actions on upload sessions are handed. */
import type { Log } from '@supabase-media/service/logger';
import type { Metrics } from '@supabase-media/service/metrics';
import type { WebConfig } from '../config.ts';
import type { UploadSessions } from '../database/upload-sessions.ts';
import type { VideosTable } from '../database/videos.ts';
import type { MediaQueue } from '../queue.ts';
import type { UploadStorage } from '../storage/upload-storage.ts';
import type { ObjectProver } from './prove-object.ts';

export interface UploadServices {
  readonly config: WebConfig;
  readonly sessions: UploadSessions;
  readonly videos: VideosTable;
  readonly storage: UploadStorage;
  readonly prover: ObjectProver;
  readonly queue: MediaQueue;
  readonly log: Log;
  readonly metrics: Metrics;
}
