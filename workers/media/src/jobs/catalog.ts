/** Every job type of this worker, one line each. */
import { videoPart } from './video-part/job-type.ts';
import { videoProcess } from './video-process/job-type.ts';
import { webhookDeliver } from './webhook-deliver/job-type.ts';
import type { WorkerJobType } from './worker-job-type.ts';

export const JOB_TYPES: readonly WorkerJobType[] = [videoProcess, videoPart, webhookDeliver];
