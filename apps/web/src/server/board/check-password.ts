/** HTTP Basic authentication (RFC 7617) with one password and any name. Pure. */
import { createHash, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Whether the header `Authorization` carries the password. Takes the same time for every wrong one. */
export function hasPassword(authorization: string | undefined, password: string): boolean {
  const encoded = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return false;
  const given = Buffer.from(encoded, 'base64').toString('utf8');
  const at = given.indexOf(':');
  return at !== -1 && timingSafeEqual(digest(given.slice(at + 1)), digest(password));
}
