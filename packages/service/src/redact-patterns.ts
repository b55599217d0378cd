/** Regular expressions that find a text in each notation in which libraries print it. Pure. */

/** JSON within JSON doubles the backslashes each time: four levels are recognized. */
const ESCAPE = String.raw`\\{0,15}`;
const ESCAPE_AT_LEAST_ONE = String.raw`\\{1,15}`;
const BACKSLASHES_PER_BACKSLASH = 16;

/** The letter of a control character in JSON. */
const ESCAPE_LETTERS: Readonly<Record<string, string>> = { '\b': 'b', '\t': 't', '\n': 'n', '\f': 'f', '\r': 'r' };

const quote = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);

/** Hex digits in either case. */
const eitherCase = (hex: string): string =>
  hex.replace(/[a-f]/gi, (digit) => `[${digit.toLowerCase()}${digit.toUpperCase()}]`);

const hexOf = (number: number, digits: number): string => eitherCase(number.toString(16).padStart(digits, '0'));

/** Percent-encoded (RFC 3986), once or again: `%40`, `%2540`. */
const percentOf = (character: string): string =>
  [...Buffer.from(character)].map((byte) => `%(?:25){0,3}${hexOf(byte, 2)}`).join('');

/** `\u0022` and `\x22`. */
function unicodeOf(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units
    .map((unit) => `${ESCAPE_AT_LEAST_ONE}(?:u${hexOf(unit, 4)}${unit < 256 ? `|x${hexOf(unit, 2)}` : ''})`)
    .join('');
}

function characterPattern(character: string): string {
  if (/[A-Za-z0-9]/.test(character)) return character;
  const letter = ESCAPE_LETTERS[character];
  return `(?:${[
    `${ESCAPE}${quote(character)}`,
    percentOf(character),
    unicodeOf(character),
    ...(letter === undefined ? [] : [`${ESCAPE_AT_LEAST_ONE}${letter}`]),
    // As forms encode it.
    ...(character === ' ' ? [String.raw`\+`] : []),
  ].join('|')})`;
}

/** Runs are taken as a whole: each level of JSON doubles them. */
function backslashesPattern(count: number): string {
  const escaped = String.raw`\\{${count},${count * BACKSLASHES_PER_BACKSLASH}}`;
  return `(?:${escaped}|(?:${percentOf('\\')}|${unicodeOf('\\')}){${count}})`;
}

/** The text as it is, escaped or percent-encoded, each character in its own way. */
export const notationsPattern = (text: string): string =>
  (text.match(/\\+|[^\\]/gu) ?? [])
    .map((part) => (part.startsWith('\\') ? backslashesPattern(part.length) : characterPattern(part)))
    .join('');

/**
 * A text of a few characters, where a secret stands: before the `@` of an address, between quotes, or behind `=` or a
 * command of Redis.
 */
export function shortSecretPattern(text: string): string {
  const found = notationsPattern(text);
  const end = String.raw`(?=[\s&;,)}\]]|$)`;
  return [
    `(?<=:)${found}(?=@|%40)`,
    String.raw`(?<=["'${'`'}])${found}(?=\\{0,15}["'${'`'}])`,
    `(?<==)${found}${end}`,
    String.raw`(?<=\b(?:AUTH|auth|[Pp]assword:?)\s)${found}${end}`,
  ].join('|');
}

/** The bytes in hex, also with a space between. */
export const hexPattern = (bytes: Buffer): string => [...bytes].map((byte) => hexOf(byte, 2)).join(' ?');

/**
 * The bytes within base64 of more bytes, by each of the three places where they may begin. The first and last characters
 * depend on the neighbors and are left out.
 */
export const base64Pattern = (bytes: Buffer): readonly string[] =>
  [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    const whole = encoded.slice(shift === 0 ? 0 : shift + 1, Math.floor(((shift + bytes.length) * 8) / 6));
    return whole.replace(/[+/]/g, (character) => (character === '+' ? '(?:[+-]|%2[bB])' : '(?:[/_]|%2[fF])'));
  });
