/** Which transport path a worker's file takes to Storage at first. What follows a failure: `decide-next-step.ts`. */
import { formatBytes } from '@supabase-media/core/format';

/**
 * The paths there are. `direct` goes through the Supabase client, `stream` over REST in one request, `resumable` over
 * TUS, in as many requests as it takes.
 */
export const ROUTES = ['direct', 'stream', 'resumable'] as const;

export type Route = (typeof ROUTES)[number];

/** A route and why it was taken. */
export interface RouteDecision {
  readonly route: Route;
  readonly reason: string;
}

export interface DecideRouteOptions {
  /** Of the file, in bytes. */
  readonly size: number;
  /** `direct` is for files below this, in bytes. */
  readonly directMaxBytes: number;
  /** An unfinished upload of this very file waits at Storage. */
  readonly isUnfinished?: boolean;
  /** Proxies in front of the host refused bodies of this size before, in bytes. */
  readonly refusedBytes?: number | undefined;
  /** What the caller insists on. */
  readonly forced?: Route | undefined;
}

/** Chooses the route for one file. */
export function decideRoute(options: DecideRouteOptions): RouteDecision {
  const { size, directMaxBytes, forced, refusedBytes = Number.POSITIVE_INFINITY } = options;
  if (forced !== undefined) return { route: forced, reason: `${forced} was asked for` };
  const [own, limit] = [formatBytes(size), formatBytes(directMaxBytes)];
  if (options.isUnfinished) return { route: 'resumable', reason: 'an unfinished upload of this file is resumed' };
  if (size >= refusedBytes)
    return { route: 'resumable', reason: `a proxy before this host refused bodies of ${formatBytes(refusedBytes)}` };
  if (size < directMaxBytes) return { route: 'direct', reason: `${own} is below ${limit}` };
  return { route: 'resumable', reason: `${own} is not below ${limit}, and this route keeps what arrived` };
}

/** Where an upload goes on, and why, after a failure that `decideNextStep` answered with `switch-path`. */
export function explainSwitch(from: Route, fault: string, size: number): RouteDecision {
  if (from === 'resumable') return { route: 'stream', reason: 'resumable uploads are not taken here' };
  return {
    route: 'resumable',
    reason:
      fault === 'edge_too_large'
        ? `a proxy refused ${formatBytes(size)} in one request`
        : 'the connection broke, and this route keeps what arrived',
  };
}
