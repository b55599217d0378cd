/** A connection to one project's Storage: its address, its key, and the transport that requests go through. */
import { Transport } from './transport.ts';

/** What every file of this folder is handed. */
export interface StorageConnection {
  /** Of the project, without a trailing slash: `https://ref.supabase.co`. */
  readonly projectUrl: string;
  /** Of Storage: `https://ref.supabase.co/storage/v1`. */
  readonly storageUrl: string;
  readonly serviceRoleKey: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly transport: Transport;
  readonly close: () => Promise<void>;
}

/** A host that does not answer a connection within this is not there, in milliseconds. */
export const CONNECT_MS = 10_000;

/**
 * Opens Storage; no request is made yet. The caller closes it.
 *
 * @param options.connectMs bounds the making of a connection, in milliseconds.
 */
export function openStorage(options: {
  readonly url: string;
  readonly serviceRoleKey: string;
  readonly connectMs?: number;
}): StorageConnection {
  const { url, serviceRoleKey } = options;
  const transport = new Transport(options.connectMs ?? CONNECT_MS);
  return {
    projectUrl: url,
    storageUrl: `${url}/storage/v1`,
    serviceRoleKey,
    // Both, always: the gateway of hosted Supabase reads apikey, and takes a secret key as Authorization only where it
    // equals apikey; Storage itself refuses a request without Authorization.
    headers: { apikey: serviceRoleKey, authorization: `Bearer ${serviceRoleKey}` },
    transport,
    close: () => transport.close(),
  };
}
