/** The sockets that relayed uploads use to reach Storage. */
import { Agent } from 'undici';

/** A host that does not answer a connection within this is not there, in milliseconds. */
const CONNECT_MS = 10_000;

/** @param maxRelays uploads at a time; each may ask for its offset while another connection still ends. */
export const openRelayDispatcher = (maxRelays: number): Agent =>
  new Agent({
    connect: { timeout: CONNECT_MS },
    connections: Math.max(1, maxRelays * 2),
    // Shorter than the 5 s of Node's servers and most proxies: a connection is not used while it is being closed.
    keepAliveTimeout: 4000,
    // The relay's own timeouts know what is being waited for.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
