/** What the stack counted, between two moments. */
import type { Traffic } from '@supabase-media/local-stack/http/traffic';
import { TRAFFIC_PATH } from '@supabase-media/local-stack/http/traffic';
import type { Wire } from './measured.ts';

export async function readTraffic(stackUrl: string): Promise<Traffic> {
  const response = await fetch(new URL(TRAFFIC_PATH, stackUrl));
  return (await response.json()) as Traffic;
}

export function wireBetween(before: Traffic, after: Traffic): Wire {
  const added = (part: string) => (after.requests[part] ?? 0) - (before.requests[part] ?? 0);
  const all = Object.keys(after.requests).reduce((sum, part) => sum + added(part), 0);
  return {
    sentBytes: after.sentBytes - before.sentBytes,
    receivedBytes: after.receivedBytes - before.receivedBytes,
    storageRequests: added('storage'),
    otherRequests: all - added('storage'),
  };
}
