/** Whom an address stands for. Pure. */
import { isIPv6 } from 'node:net';

const HEXTETS = 8;
/** One customer has a whole /64 of IPv6 (RFC 6177), and could use another address for each attempt. */
const NETWORK_HEXTETS = 4;

/** An IPv4 address as it is, also where it stands in one of IPv6; of IPv6 the first 64 bits. */
export function networkOf(address: string): string {
  const plain = address.split('%')[0] ?? '';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.toLowerCase().split('::');
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter((hextet) => hextet !== ''));
  const zeros = Array.from({ length: HEXTETS - (before?.length ?? 0) - (after?.length ?? 0) }, () => '0');
  const all = tail === undefined ? (before ?? []) : [...(before ?? []), ...zeros, ...(after ?? [])];
  const network = all.slice(0, NETWORK_HEXTETS).map((hextet) => Number.parseInt(hextet, 16).toString(16));
  return `${network.join(':')}::/64`;
}
