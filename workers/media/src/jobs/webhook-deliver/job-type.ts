/** The `webhook.deliver` job type: tells other servers how a video ended. */
import type { JobType } from '@supabase-media/queue/job-type';
import type { WorkerJobType } from '../worker-job-type.ts';
import { WEBHOOK_DELIVER, type WebhookPayload, webhookJobId, webhookPayload } from './contract.ts';
import { WEBHOOK_ERRORS } from './errors.ts';
import { followVideo } from './follow.ts';
import { WEBHOOK_POLICY } from './policy.ts';
import type { DeliveryResult } from './process.ts';
import { findWebhookProblems, WEBHOOK_VARIABLES, webhookSettings } from './variables.ts';

export const webhookDeliver: WorkerJobType = {
  name: WEBHOOK_DELIVER,
  variables: WEBHOOK_VARIABLES,
  findProblems: findWebhookProblems,
  errors: WEBHOOK_ERRORS,
  open: async ({ config, log }) => {
    const { createWebhookHandlers } = await import('./process.ts');
    const settings = webhookSettings(config.jobVariables);
    const type: JobType<WebhookPayload, DeliveryResult> = {
      name: WEBHOOK_DELIVER,
      jobId: webhookJobId,
      payload: webhookPayload,
      policy: WEBHOOK_POLICY,
      handlers: createWebhookHandlers(settings, log),
      follow: (end) => followVideo(end, { ...settings, now: new Date() }),
    };
    return type;
  },
};
