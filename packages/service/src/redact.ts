/**
 * Takes secrets out of what leaves the process: log lines, errors on a terminal, traces, reasons kept in the queue.
 * A secret is recognized in whatever notation a library printed it: as it is, escaped in JSON (also JSON within JSON),
 * percent-encoded, in base64 or hex. What has the form of a credential is removed whoever issued it.
 */
import { base64Pattern, hexPattern, notationsPattern, shortSecretPattern } from './redact-patterns.ts';

/** What replaces a secret. */
export const REDACTED = '[redacted]';

export interface Redactor {
  readonly text: (text: string) => string;
  /** A copy of what JSON made, with every string and key redacted. */
  readonly value: (value: unknown) => unknown;
}

/** A shorter secret also turns up in harmless words: it is redacted where a secret stands, not everywhere. */
const SECRET_MIN_CHARACTERS = 6;

/** Base64 and hex of fewer bytes turn up by chance. */
const BYTES_MIN = 6;

/** Names of fields, headers and parameters whose value is a credential. */
const CREDENTIAL_NAMES =
  'authorization|proxy-authorization|cookie|set-cookie|apikey|api[-_]key|x-api-key|x-signature|passwd|password|secret|token|access[-_]token|refresh[-_]token|x-amz-signature|x-amz-security-token';
const CREDENTIAL_KEY = new RegExp(`^(?:${CREDENTIAL_NAMES})$`, 'i');

/** What grants access by its form. Each is bounded, so that no text makes the search slow. */
const SHAPES: readonly RegExp[] = [
  // A JWT, and Supabase's newer keys.
  /eyJ[\w-]{1,8192}\.[\w-]{1,8192}\.[\w-]{1,8192}|sb_secret_[\w-]{1,512}/g,
  // The password of an address: scheme://user:password@host.
  /(?<=:\/\/[^\s/?#:@"'<>]{0,256}:)[^\s/?#"'<>]{1,512}(?=@)/g,
  // A parameter of an address, also percent-encoded, and of a connection string.
  new RegExp(
    `(?<=(?:[?&;\\s,{(]|%3[fF]|%26|^)(?:${CREDENTIAL_NAMES})(?:=|%3[dD]))[^&\\s"'<>,;%][^&\\s"'<>,;]{0,8191}`,
    'gi',
  ),
  // A header as text.
  /(?<=\bbearer\s{1,4})[\w.~+/=-]{16,8192}/gi,
  // A Buffer as util.inspect prints it.
  /(?<=<Buffer )[0-9a-f ]{2,400}(?:\.{3} \d{1,12} more bytes)?(?=>)/g,
];

/** `Basic` and base64 of `user:password` (RFC 7617). A word after "basic" is none: it does not decode to a colon. */
const BASIC = /(\bbasic\s{1,4})([\w+/-]{4,8192}={0,2})/gi;
const redactBasic = (whole: string, scheme: string, credentials: string): string =>
  Buffer.from(credentials, 'base64').includes(':') ? `${scheme}${REDACTED}` : whole;

/** Makes one; the search is compiled once. @param secrets values in clear. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const pattern = secretsPattern(secrets);
  const short = new Set(secrets.filter(isShort));
  const text = (given: string): string => {
    if (short.has(given)) return REDACTED;
    let redacted = pattern === undefined ? given : given.replace(pattern, REDACTED);
    for (const shape of SHAPES) redacted = redacted.replace(shape, REDACTED);
    return redacted.replace(BASIC, redactBasic);
  };
  return { text, value: (value) => redactValue(value, text) };
}

const isShort = (secret: string): boolean => secret.length < SECRET_MIN_CHARACTERS;

/** Undefined where there is nothing to look for. The longest first: an address includes its password. */
function secretsPattern(secrets: readonly string[]): RegExp | undefined {
  const known = [...new Set(secrets)].filter((secret) => secret !== '').sort((a, b) => b.length - a.length);
  const alternatives = known.flatMap((secret) => {
    if (isShort(secret)) return [shortSecretPattern(secret)];
    const bytes = Buffer.from(secret);
    return [
      notationsPattern(secret),
      ...(bytes.length < BYTES_MIN ? [] : [hexPattern(bytes), ...base64Pattern(bytes)]),
    ];
  });
  return alternatives.length === 0 ? undefined : new RegExp(alternatives.join('|'), 'g');
}

function redactValue(value: unknown, text: Redactor['text']): unknown {
  if (typeof value === 'string') return text(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => redactValue(item, text));
  if (isBuffer(value)) return `${value.data.length} bytes`;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      text(key),
      CREDENTIAL_KEY.test(key) && inner !== null ? REDACTED : redactValue(inner, text),
    ]),
  );
}

/** A Buffer after JSON: its bytes as numbers, in which no search would find a secret. */
const isBuffer = (value: object): value is { readonly data: readonly unknown[] } =>
  'type' in value && value.type === 'Buffer' && 'data' in value && Array.isArray(value.data);
