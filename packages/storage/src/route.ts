/** Which way a file goes to Storage. Pure: everything it decides from is handed in. */
import type { MediaError } from '@supabase-media/core/errors';
import { formatBytes } from '@supabase-media/core/format';
import { CHUNK_MIN_BYTES } from './chunk-size.ts';

/**
 * The ways there are. `direct` goes through the Supabase client, `stream` over REST in one request, `resumable` over
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
  /** Whether one resumable request may carry a whole file; not so on hosted Supabase. */
  readonly onePatch: boolean;
  /** An unfinished upload of this very file waits at Storage. */
  readonly isUnfinished?: boolean;
  /** Proxies on the way refused bodies of this size before, in bytes. */
  readonly refusedBytes?: number | undefined;
  /** What the caller insists on. */
  readonly forced?: Route | undefined;
}

/** Chooses the route for one file. */
export function decideRoute(options: DecideRouteOptions): RouteDecision {
  const { size, directMaxBytes, forced, refusedBytes = Number.POSITIVE_INFINITY } = options;
  if (forced !== undefined) return { route: forced, reason: `${forced} was asked for` };
  const [own, limit] = [formatBytes(size), formatBytes(directMaxBytes)];
  if (options.isUnfinished) return { route: 'resumable', reason: 'an unfinished upload of this file is taken up' };
  if (size >= refusedBytes)
    return {
      route: 'resumable',
      reason: `bodies of ${formatBytes(refusedBytes)} were refused on the way to this host`,
    };
  if (size < directMaxBytes) return { route: 'direct', reason: `${own} is below ${limit}` };
  if (options.onePatch)
    return { route: 'resumable', reason: `${own} is not below ${limit}, and one request may carry it all` };
  return { route: 'stream', reason: `${own} is not below ${limit}, and this host wants small resumable chunks` };
}

/** Where an upload goes on after a failure. */
export interface RouteChange extends RouteDecision {
  /** Without a wait: the failure says nothing about how busy anyone is. */
  readonly isImmediate: boolean;
}

/** Failures after which the resumable route keeps what it can of the next break. */
const BREAKS = new Set([
  'gateway_failed',
  'upload_answer_timeout',
  'upload_interrupted',
  'upload_stalled',
  'upload_timeout',
]);

/**
 * The route after a failure of `route`.
 *
 * An edge that refuses a large body lets smaller ones through, so resumable goes on at once. Storage's own refusal of
 * the size (`object_too_large`) holds on every way.
 *
 * @returns undefined where the route stays.
 */
export function changeRoute(options: {
  readonly route: Route;
  readonly error: Pick<MediaError, 'code'>;
  readonly size: number;
  readonly forced?: Route | undefined;
}): RouteChange | undefined {
  const { route, error, size, forced } = options;
  if (forced !== undefined || route === 'resumable') return undefined;
  if (error.code === 'edge_too_large')
    return { route: 'resumable', reason: `a proxy refused ${formatBytes(size)} in one request`, isImmediate: true };
  if (BREAKS.has(error.code) && size > CHUNK_MIN_BYTES)
    return { route: 'resumable', reason: 'the connection broke, and this way keeps what arrived', isImmediate: false };
  return undefined;
}
