/**
 * `sslmode` and its companions, meant as libpq means them (PostgreSQL 17, section 32.19). The driver reads them in another
 * way: without one it never encrypts, and `require` checks certificates. So they are taken out of the address, and the
 * driver is told what follows from them. Pure.
 */
import type { ConnectionOptions } from 'node:tls';
import { MediaError } from '@supabase-media/core/errors';

/**
 * One way to connect. `offered`: the server is asked, and a "no" is taken as one; `always`: a "no" is an error; `never`:
 * it is not asked.
 */
export type Encryption = 'never' | 'offered' | 'always';

/** What is checked of the server's certificate: nothing, that a known authority signed it, its host name as well. */
export type CertificateCheck = 'none' | 'authority' | 'host';

export interface SslPlan {
  /** In this order; the next one only where the server refuses the one before for its encryption. */
  readonly attempts: readonly Encryption[];
  readonly check: CertificateCheck;
  /** The file of the authorities that are trusted; undefined: those that Node trusts. */
  readonly rootCertificate: string | undefined;
  /** Files of the client's own certificate. */
  readonly clientCertificate: string | undefined;
  readonly clientKey: string | undefined;
  readonly clientKeyPassword: string | undefined;
  /** The handshake begins at once, without asking before. */
  readonly isDirect: boolean;
}

const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;

type SslMode = (typeof SSL_MODES)[number];

const ATTEMPTS: Readonly<Record<SslMode, readonly Encryption[]>> = {
  disable: ['never'],
  allow: ['never', 'always'],
  prefer: ['offered', 'never'],
  require: ['always'],
  'verify-ca': ['always'],
  'verify-full': ['always'],
};

/** What the driver must not read for itself. `ssl` and `uselibpqcompat` are its own. */
const OWN_PARAMETERS = [
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslpassword',
  'sslnegotiation',
  'ssl',
  'uselibpqcompat',
] as const;

const refused = (message: string): MediaError =>
  new MediaError({ code: 'config_invalid', message: `DATABASE_URL: ${message}.` });

/** The mode that is asked for; the driver's own words count as what they mean to it. */
function readMode(parameters: URLSearchParams): SslMode {
  const written = parameters.get('sslmode');
  if (written !== null) {
    if (written === 'no-verify') return 'require';
    const mode = SSL_MODES.find((known) => known === written);
    if (mode === undefined) throw refused(`sslmode=${written.slice(0, 40)} is none of ${SSL_MODES.join(', ')}`);
    return mode;
  }
  const ssl = parameters.get('ssl');
  if (ssl === 'true' || ssl === '1' || ssl === 'no-verify') return 'require';
  return ssl === 'false' || ssl === '0' ? 'disable' : 'prefer';
}

/**
 * Reads what an address says of encryption.
 *
 * @throws {MediaError} `config_invalid` for what libpq refuses as well.
 */
export function planSsl(connectionString: string): SslPlan {
  const { searchParams: parameters, hostname } = new URL(connectionString);
  const given = (name: string) => parameters.get(name) || undefined;
  const mode = readMode(parameters);
  const root = given('sslrootcert');
  const usesSystem = root === 'system';
  if (usesSystem && given('sslmode') !== undefined && mode !== 'verify-full')
    throw refused(`sslrootcert=system needs sslmode=verify-full, not ${mode}`);
  if (mode === 'verify-ca' && root === undefined)
    throw refused('sslmode=verify-ca needs sslrootcert=FILE, or use verify-full');
  const isDirect = given('sslnegotiation') === 'direct';
  const effective: SslMode = usesSystem ? 'verify-full' : mode;
  if (isDirect && ATTEMPTS[effective][0] !== 'always')
    throw refused(`sslnegotiation=direct needs sslmode=require or more, not ${effective}`);
  // libpq's words: "behaves the same as verify-ca if a root certificate is there".
  const isRootChecked = effective === 'require' && root !== undefined;
  const host = given('host') ?? decodeURIComponent(hostname);
  return {
    // A socket in the file system is never encrypted.
    attempts: host.startsWith('/') ? ['never'] : ATTEMPTS[effective],
    check: effective === 'verify-full' ? 'host' : effective === 'verify-ca' || isRootChecked ? 'authority' : 'none',
    rootCertificate: usesSystem ? undefined : root,
    clientCertificate: given('sslcert'),
    clientKey: given('sslkey'),
    clientKeyPassword: given('sslpassword'),
    isDirect,
  };
}

/** The address without what {@link planSsl} read. */
export function withoutSsl(connectionString: string): string {
  const url = new URL(connectionString);
  for (const name of OWN_PARAMETERS) url.searchParams.delete(name);
  return url.href;
}

/** What files of a plan hold, as PEM. */
export interface SslFiles {
  readonly rootCertificate?: string | undefined;
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
}

/** The driver's `ssl` option for an encrypted connection. */
export function toSslOption(plan: SslPlan, files: SslFiles = {}): ConnectionOptions {
  return {
    rejectUnauthorized: plan.check !== 'none',
    ...(plan.check === 'authority' && { checkServerIdentity: () => undefined }),
    ...(files.rootCertificate !== undefined && plan.check !== 'none' && { ca: files.rootCertificate }),
    ...(files.clientCertificate !== undefined && { cert: files.clientCertificate }),
    ...(files.clientKey !== undefined && { key: files.clientKey }),
    ...(plan.clientKeyPassword !== undefined && { passphrase: plan.clientKeyPassword }),
  };
}
