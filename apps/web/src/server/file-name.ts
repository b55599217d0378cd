/** What a file may be called, and the object key that is made of it. Pure. */
import { ApiError } from './api-error.ts';

/** Longest name, in characters: what file systems and Storage's segments take, in the worst case of one byte each. */
const NAME_MAX = 255;

/** Longest last segment of a key, in bytes: 255 less some room. */
const KEY_NAME_MAX = 150;

const refuse = (message: string, details?: Record<string, unknown>): never => {
  throw new ApiError({ code: 'name_refused', message, details });
};

/** Control characters, and marks that turn the reading direction of what stands after them. */
const UNSHOWABLE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

/**
 * The name as it is shown: Unicode NFC, so that é is one letter whoever sent it.
 *
 * @throws {ApiError} `name_refused` for paths, control characters, lone surrogates, and names without a letter or digit.
 */
export function normalizeFileName(given: string): string {
  if (/\p{Surrogate}/u.test(given)) return refuse('The file name is not valid Unicode.');
  const name = given.normalize('NFC').trim();
  if (/[/\\]/.test(name)) return refuse('The file name has a "/" or "\\": a path, where a name is wanted.');
  if (UNSHOWABLE.test(name)) return refuse('The file name has control characters.');
  if (name.length > NAME_MAX)
    return refuse(`The file name has ${name.length} characters; at most ${NAME_MAX} are taken.`, {
      length: name.length,
      limit: NAME_MAX,
    });
  if (!/[\p{L}\p{N}]/u.test(name)) return refuse('The file name has neither a letter nor a digit.');
  return name;
}

/** The extension in lower case, without the dot; empty where there is none. */
export const extensionOf = (name: string): string => /[^.]\.([A-Za-z0-9]{1,10})$/.exec(name)?.[1]?.toLowerCase() ?? '';

/** Letters that Unicode does not take apart into a base and a mark. */
const SPELLED: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', Æ: 'AE', ø: 'o', Ø: 'O', ł: 'l', Ł: 'L', đ: 'd' };

/** The same name in characters that every part of the way takes: letters, digits, `.`, `_` and `-`. */
export function toSafeName(name: string): string {
  const extension = extensionOf(name);
  const stem = extension === '' ? name : name.slice(0, -extension.length - 1);
  const safe = stem
    .replace(/[ßæÆøØłŁđ]/g, (letter) => SPELLED[letter] ?? '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, KEY_NAME_MAX - extension.length - 1);
  return `${safe || 'video'}${extension === '' ? '' : `.${extension}`}`;
}

/** `{user}/{session}/{safe name}`: the first folder is what row-level security of Storage goes by. */
export const makeObjectKey = (ownerId: string, sessionId: string, name: string): string =>
  `${ownerId}/${sessionId}/${toSafeName(name)}`;
