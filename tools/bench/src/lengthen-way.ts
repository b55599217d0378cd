/** A longer way to a Storage of this machine, as users have it. */
import { openDelayProxy } from '@supabase-media/local-stack/fault-proxy/delay-proxy';

/**
 * Puts a proxy before a Storage of this machine, where the way is to be longer than it is.
 *
 * @param roundTripMs there and back, in milliseconds; undefined for the way there is.
 */
export async function lengthenWay(
  url: string,
  roundTripMs: number | undefined,
): Promise<{ url: string; close: () => Promise<void> }> {
  if (roundTripMs === undefined) return { url, close: async () => {} };
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== 'http:' || !['127.0.0.1', 'localhost'].includes(hostname))
    throw new Error(`--round-trip lengthens the way to a Storage of this machine only, not to ${url}.`);
  const proxy = await openDelayProxy(Number(port || 80), roundTripMs / 2);
  return { url: `http://127.0.0.1:${proxy.port}`, close: proxy.close };
}
