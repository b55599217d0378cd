/** Allowed file names, and the object key that is derived from one. Pure. */
import { TYPE_OF_EXTENSION } from '@supabase-media/upload-protocol/accepted-types';
import { ApiError } from './api-error.ts';

/** The longest name, in characters: the limit of file systems and of Storage's path segments, in bytes. */
const NAME_MAX = 255;

/** The longest last segment of a key, in bytes: 255 with some margin. */
const KEY_NAME_MAX = 150;

const refuse = (message: string, details?: Record<string, unknown>): never => {
  throw new ApiError({ code: 'name_refused', message, details });
};

/** Control characters, and marks that change the reading direction of the following text. */
const UNSHOWABLE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

/**
 * The name for display, normalized to Unicode NFC, so that é is always one letter.
 *
 * @throws {ApiError} `name_refused` for paths, control characters, lone surrogates, and names without a letter or digit.
 */
export function normalizeFileName(given: string): string {
  const name = normalizeName(given, 'The file name');
  if (/[/\\]/.test(name)) return refuse('The file name contains "/" or "\\": send a name, not a path.');
  if (name.length > NAME_MAX)
    return refuse(`The file name has ${name.length} characters; at most ${NAME_MAX} are allowed.`, {
      length: name.length,
      limit: NAME_MAX,
    });
  return name;
}

/**
 * What a person calls a video: as {@link normalizeFileName}, but a title may have slashes.
 *
 * @throws {ApiError} `name_refused`.
 */
export const normalizeTitle = (given: string): string => normalizeName(given, 'The title');

function normalizeName(given: string, what: string): string {
  if (/\p{Surrogate}/u.test(given)) return refuse(`${what} is not valid Unicode.`);
  const name = given.normalize('NFC').trim();
  if (UNSHOWABLE.test(name)) return refuse(`${what} contains control characters.`);
  if (!/[\p{L}\p{N}]/u.test(name)) return refuse(`${what} has no letter and no digit.`);
  return name;
}

/** The extension in lower case, without the dot; empty if there is none. */
export const extensionOf = (name: string): string => /[^.]\.([A-Za-z0-9]{1,10})$/.exec(name)?.[1]?.toLowerCase() ?? '';

/** Letters that Unicode does not decompose into a base letter and a mark. */
const SPELLED: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', Æ: 'AE', ø: 'o', Ø: 'O', ł: 'l', Ł: 'L', đ: 'd' };

/** The extension if it is one of a video: whatever serves an object may go by it, so no page or program is named. */
function keyExtensionOf(name: string): string {
  const extension = extensionOf(name);
  return Object.hasOwn(TYPE_OF_EXTENSION, extension) ? extension : '';
}

/** The same name in characters that are safe everywhere: letters, digits, `_` and `-`, and `.` before the extension. */
export function toSafeName(name: string): string {
  const extension = keyExtensionOf(name);
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

/** `{user}/{session}/{safe name}`: Storage's row-level security checks the first folder. */
export const makeObjectKey = (ownerId: string, sessionId: string, name: string): string =>
  `${ownerId}/${sessionId}/${toSafeName(name)}`;
