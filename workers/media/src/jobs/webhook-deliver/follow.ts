/** Which deliveries follow from the end of a video. Pure but for the time. */
import { VIDEO_PROCESS, type VideoProcessPayload, type VideoProcessResult } from '@supabase-media/client/contract';
import type { JobEnd } from '@supabase-media/queue/job-end';
import { addressKey, messageId, type WebhookEvent, type WebhookPayload } from './contract.ts';
import { provePayload } from './prove-payload.ts';

export interface FollowOptions {
  readonly urls: readonly string[];
  /** The first one proves what stands in the queue. */
  readonly secrets: readonly string[];
  readonly now: Date;
}

/** @returns one for each address; none for the end of any other job. */
export function followVideo(end: JobEnd, { urls, secrets, now }: FollowOptions): readonly WebhookPayload[] {
  if (end.type !== VIDEO_PROCESS || urls.length === 0) return [];
  const event = { ...describe(end), timestamp: now.toISOString() };
  return urls.map((url) => {
    const origin = new URL(url).origin;
    return provePayload({ version: 1, id: messageId(end), address: addressKey(url), origin, event }, secrets);
  });
}

function describe(end: JobEnd): Pick<WebhookEvent, 'type' | 'data'> {
  const { videoId, ownerId = null, project, source } = end.payload as VideoProcessPayload;
  const about = { videoId, ownerId, project, source };
  if (end.outcome === 'completed') {
    const { outcome, code = null, reason = null, outputs } = end.result as VideoProcessResult;
    const type = outcome === 'rejected' ? 'video.rejected' : 'video.ready';
    return { type, data: { ...about, outcome, code, reason, outputs: outputs.map((output) => ({ ...output })) } };
  }
  const code = end.error?.code ?? null;
  // Receivers show it to their users; the message is for our operators.
  const reason = end.error?.forUser ?? null;
  return { type: `video.${end.outcome}`, data: { ...about, outcome: null, code, reason, outputs: [] } };
}
