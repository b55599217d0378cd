import { expect, it } from 'vitest';
import { classifyTransportError } from './classify-transport-error.ts';

it.each([
  ['ECONNREFUSED', 'storage_unreachable'],
  ['ENOTFOUND', 'storage_unreachable'],
  ['CERT_HAS_EXPIRED', 'storage_unreachable'],
  ['UND_ERR_CONNECT_TIMEOUT', 'upload_connect_timeout'],
  ['UND_ERR_REQ_CONTENT_LENGTH_MISMATCH', 'file_changed'],
  ['EACCES', 'file_missing'],
  ['ENOSPC', 'disk_full'],
  ['ECONNRESET', 'upload_interrupted'],
  ['EPIPE', 'upload_interrupted'],
  ['UND_ERR_SOCKET', 'upload_interrupted'],
  ['toString', 'upload_interrupted'],
])('%s is %s', (code, expected) => expect(classifyTransportError(code)).toBe(expected));
