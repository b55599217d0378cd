/** A connection to PostgreSQL, encrypted as its address says. */
import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import { MediaError } from '@supabase-media/core/errors';
import pg from 'pg';
import { isEncryptionRefused } from './refusals.ts';
import { type Encryption, planSsl, type SslPlan, toSslOption, withoutSsl } from './ssl-plan.ts';

/** A server that is there answers within this, in milliseconds. */
export const CONNECT_TIMEOUT_MS = 5000;

/** Before the first probe of a silent connection, in milliseconds: the system's own wait is two hours. */
const KEEP_ALIVE_MS = 10_000;

/** Where to connect, and how. */
export interface PostgresTarget {
  readonly connectionString: string;
  readonly attempts: readonly Encryption[];
  readonly ssl: ConnectionOptions;
  readonly isDirect: boolean;
  /** What the address says in `options`: settings that a connection begins with. */
  readonly options: string | undefined;
}

/**
 * Reads an address, and the certificates that it names.
 *
 * @throws {MediaError} `config_invalid`.
 */
export async function readTarget(connectionString: string): Promise<PostgresTarget> {
  const plan = planSsl(connectionString);
  const url = new URL(withoutSsl(connectionString));
  const options = url.searchParams.get('options') ?? undefined;
  // Left in the address it would replace what a caller asks for.
  url.searchParams.delete('options');
  return {
    connectionString: url.href,
    attempts: plan.attempts,
    ssl: toSslOption(plan, await readFiles(plan)),
    isDirect: plan.isDirect,
    options,
  };
}

async function readFiles(plan: SslPlan) {
  const [rootCertificate, clientCertificate, clientKey] = await Promise.all([
    readPem('sslrootcert', plan.check === 'none' ? undefined : plan.rootCertificate),
    readPem('sslcert', plan.clientCertificate),
    readPem('sslkey', plan.clientKey),
  ]);
  return { rootCertificate, clientCertificate, clientKey };
}

async function readPem(parameter: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MediaError({
      code: 'config_invalid',
      message: `DATABASE_URL: the file of ${parameter} cannot be read (${why}).`,
      cause,
    });
  }
}

/** What the driver's connection has, and does not declare. */
interface DriverConnection {
  ssl: unknown;
  readonly stream: NodeJS.EventEmitter;
  connect(port: number, host: string): void;
  attachListeners(stream: unknown): void;
  emit(event: string): boolean;
}

/** The byte that a server without TLS answers a request for it with. */
const NO = 'N';

/** Asks for encryption and goes on in plaintext where the server says that it has none, as libpq's `prefer` does. */
class OfferingConnection extends pg.Connection {
  connect(port: number, host: string): void {
    const self = this as unknown as DriverConnection;
    (pg.Connection.prototype as unknown as DriverConnection).connect.call(this, port, host);
    const { stream } = self;
    const answered = stream.listeners('data') as ((chunk: Buffer) => void)[];
    stream.removeAllListeners('data');
    stream.once('data', (chunk: Buffer) => {
      if (chunk.toString('latin1') !== NO) {
        for (const listener of answered) listener(chunk);
        return;
      }
      self.ssl = false;
      self.attachListeners(stream);
      // To the driver's client: what was asked for stands, so log in.
      self.emit('sslconnect');
    });
  }
}

export interface ClientSettings {
  /** Settings that the connection begins with, as `-c name=value`; those of the address come first. */
  readonly startup?: string | undefined;
  /** A query that takes longer fails, in milliseconds. */
  readonly queryTimeoutMs?: number | undefined;
}

/** The driver's configuration for one way to connect. */
export function clientConfig(
  target: PostgresTarget,
  encryption: Encryption,
  { startup, queryTimeoutMs }: ClientSettings = {},
): pg.ClientConfig {
  const keepAlive = { keepAlive: true, keepAliveInitialDelayMillis: KEEP_ALIVE_MS };
  const ssl = encryption === 'never' ? false : target.ssl;
  const options = [target.options, startup].filter((part) => part !== undefined).join(' ');
  return {
    connectionString: target.connectionString,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'supabase-media-queue',
    ...keepAlive,
    ssl,
    ...(options !== '' && { options }),
    ...(queryTimeoutMs !== undefined && { query_timeout: queryTimeoutMs }),
    ...(target.isDirect && { sslnegotiation: 'direct' }),
    ...(encryption === 'offered' && { connection: new OfferingConnection({ ...keepAlive, ssl } as object) }),
  } as pg.ClientConfig;
}

/**
 * Connects, in each way that the address allows. The caller ends the client, and listens to its errors.
 *
 * @throws what the driver throws.
 */
export async function openClient(target: PostgresTarget, settings: ClientSettings = {}): Promise<pg.Client> {
  let refusal: unknown;
  for (const encryption of target.attempts) {
    const client = new pg.Client(clientConfig(target, encryption, settings));
    client.on('error', () => {});
    try {
      await client.connect();
      return client;
    } catch (error) {
      client.end().catch(() => {});
      refusal ??= error;
      if (!isEncryptionRefused(error)) break;
    }
  }
  throw refusal;
}
