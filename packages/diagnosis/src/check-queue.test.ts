import { expect, it } from 'vitest';
import { explainQueueError } from './check-queue.ts';

const failure = (code: string, message: string): Error => Object.assign(new Error(message), { code });

it.each([
  ['ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:5432', 'queue_unreachable'],
  ['28P01', 'password authentication failed for user "me"', 'queue_unauthorized'],
  ['XX000', 'Tenant or user not found', 'queue_unauthorized'],
  ['', 'WRONGPASS invalid username-password pair or user is disabled.', 'queue_unauthorized'],
  ['53300', 'sorry, too many clients already', 'queue_full'],
  [
    'XX000',
    'MaxClientsInSessionMode: max clients reached - in Session mode max clients are limited to pool_size',
    'queue_full',
  ],
  [
    'XX000',
    '(EMAXCONNSESSION) max clients reached in session mode - max clients are limited to pool_size: 15',
    'queue_full',
  ],
  ['08P01', 'no more connections allowed (max_client_conn)', 'queue_full'],
  ['08P01', 'query_wait_timeout', 'queue_full'],
  ['', 'ERR max number of clients reached, too many connections', 'queue_full'],
  ['', 'The server does not support SSL connections', 'queue_encryption'],
  ['28000', 'no pg_hba.conf entry for host "10.0.0.9", user "me", database "x", no encryption', 'queue_encryption'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate', 'queue_encryption'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', "Hostname/IP does not match certificate's altnames", 'queue_encryption'],
  ['ENETUNREACH', 'connect ENETUNREACH 2a05:d018:135e:16b3::1:5432', 'queue_ipv6_only'],
  ['ENETUNREACH', 'connect ENETUNREACH 10.0.0.1:5432', 'queue_unreachable'],
])('%s, "%s" is %s', (code, message, expected) => {
  expect(explainQueueError(failure(code, message), 'postgres://me:secret@db.example.com/x')).toBe(expected);
});

it('knows the direct addresses of hosted projects, which resolvers without IPv6 do not', () => {
  const missing = failure('ENOTFOUND', 'getaddrinfo ENOTFOUND');
  expect(explainQueueError(missing, 'postgres://me:x@db.abcdefghijkl.supabase.co/postgres')).toBe('queue_ipv6_only');
  expect(explainQueueError(missing, 'postgres://me:x@db.example.com/postgres')).toBe('queue_unreachable');
});
