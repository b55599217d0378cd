/**
 * Proves that a process with our secret wrote something that lay where others write, too. Pure.
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** Signs values that JSON can hold. The order of keys and keys without a value do not count: stores change both. */
export interface Seal {
  /** @returns 43 characters of base64url. */
  readonly sign: (content: unknown) => string;
  readonly isGenuine: (content: unknown, mac: string | undefined) => boolean;
}

/**
 * HMAC-SHA-256 with a key of its own (RFC 5869), so that the secret signs nothing else.
 *
 * @param purpose in words: what is signed for one is not genuine for another.
 */
export function createSeal(secret: string | Uint8Array, purpose: string): Seal {
  const key = Buffer.from(hkdfSync('sha256', secret, '', purpose, 32));
  const sign: Seal['sign'] = (content) =>
    createHmac('sha256', key)
      .update(JSON.stringify(sortKeys(content)))
      .digest('base64url');
  return {
    sign,
    isGenuine: (content, mac) => {
      const [expected, actual] = [Buffer.from(sign(content)), Buffer.from(mac ?? '')];
      return expected.length === actual.length && timingSafeEqual(expected, actual);
    },
  };
}

/** Objects as sorted lists of their entries. */
const sortKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, sortKeys(inner)]);
};
