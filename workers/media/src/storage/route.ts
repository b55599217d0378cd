/** Which way a file goes to Storage. Pure: everything it decides from is handed in. */
import { formatBytes } from '../observability/format.ts';

/** The ways there are. `direct` goes through the Supabase client, `stream` over REST in one request. */
export const ROUTES = ['direct', 'stream'] as const;

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
  /** What the caller insists on. */
  readonly forced?: Route | undefined;
}

/** Chooses the route for one file. */
export function decideRoute(options: DecideRouteOptions): RouteDecision {
  const { size, directMaxBytes, forced } = options;
  if (forced !== undefined) return { route: forced, reason: `${forced} was asked for` };
  const limit = formatBytes(directMaxBytes);
  if (size < directMaxBytes) return { route: 'direct', reason: `${formatBytes(size)} is below ${limit}` };
  return { route: 'stream', reason: `${formatBytes(size)} is not below ${limit}` };
}
