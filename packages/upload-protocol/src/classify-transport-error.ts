/** What a request without an answer means, by the code that Node (errno, TLS) or undici gave its error. */
import type { TransportFault } from './faults.ts';

const BY_CODE: Readonly<Record<string, TransportFault>> = {
  // The connection was never made: nothing can have been stored.
  ECONNREFUSED: 'storage_unreachable',
  ENOTFOUND: 'storage_unreachable',
  EAI_AGAIN: 'storage_unreachable',
  EHOSTUNREACH: 'storage_unreachable',
  ENETUNREACH: 'storage_unreachable',
  CERT_HAS_EXPIRED: 'storage_unreachable',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'storage_unreachable',
  SELF_SIGNED_CERT_IN_CHAIN: 'storage_unreachable',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'storage_unreachable',
  ERR_TLS_CERT_ALTNAME_INVALID: 'storage_unreachable',
  UND_ERR_CONNECT_TIMEOUT: 'upload_connect_timeout',
  ETIMEDOUT: 'upload_connect_timeout',
  // The body was shorter or longer than announced.
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'file_changed',
  ENOENT: 'file_missing',
  EACCES: 'file_missing',
  EISDIR: 'file_missing',
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
};

/** A code of no row is a connection that broke: the server may have stored what it was sent. */
export const classifyTransportError = (code: string): TransportFault =>
  Object.hasOwn(BY_CODE, code) ? (BY_CODE[code] as TransportFault) : 'upload_interrupted';
