/**
 * Secrets with quotes, backslashes, percent signs, line breaks and other scripts, wherever a program may drop them: the
 * log and the traces must have them in no notation. Passwords of four characters, too, where passwords stand.
 */
import { inspect } from 'node:util';
import { SpanKind, trace } from '@opentelemetry/api';
import { createLogger, type Log } from '@supabase-media/service/logger';
import { createRedactor } from '@supabase-media/service/redact';
import { readVariables } from '@supabase-media/service/settings-table';
import { QUEUE_VARIABLES } from '@supabase-media/service/shared-variables';
import { inSpan, startTracing } from '@supabase-media/service/tracing';
import { startOtlpReceiver } from '@supabase-media/test-support/otlp-receiver';
import { createRandom, SEED } from '@supabase-media/test-support/random';
import { describe, expect, it } from 'vitest';

const CASES = 300;
const ALPHABET = [
  '"',
  "'",
  '\\',
  '\\\\',
  '%',
  '%40',
  '@',
  '/',
  ':',
  '&',
  '+',
  ' ',
  '\n',
  '\t',
  '=',
  '?',
  '#',
  '<',
  '$',
  '{',
  ']',
  '.*',
  '(',
  '|',
  '`',
  'ä',
  '日',
  '🎬',
  'a',
  'Z',
  '0',
  'n',
  'u',
  '-',
  '_',
];

type Random = () => number;
const pick = <Item>(random: Random, items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;

/** Marked at both ends, so that a part of it is found, too. */
const makeSecret = (random: Random): string =>
  `k${Array.from({ length: 7 + Math.floor(random() * 24) }, () => pick(random, ALPHABET)).join('')}k`;

/** Every way to write a secret that libraries use. */
const NOTATIONS: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => secret,
  json: (secret) => JSON.stringify(secret).slice(1, -1),
  'json in json': (secret) => JSON.stringify(JSON.stringify(secret)).slice(1, -1),
  'json in json in json': (secret) => JSON.stringify(JSON.stringify(JSON.stringify(secret))),
  inspected: (secret) => inspect(secret),
  'percent-encoded': encodeURIComponent,
  'percent-encoded in lower case': (secret) => encodeURIComponent(secret).replace(/%../g, (byte) => byte.toLowerCase()),
  'percent-encoded twice': (secret) => encodeURIComponent(encodeURIComponent(secret)),
  'a form': (secret) => new URLSearchParams({ a: secret }).toString().slice(2),
  base64: (secret) => Buffer.from(secret).toString('base64'),
  base64url: (secret) => Buffer.from(secret).toString('base64url'),
  'base64 of Basic': (secret) => Buffer.from(`me:${secret}`).toString('base64'),
  hex: (secret) => Buffer.from(secret).toString('hex'),
};

/** Every place in which a program may leave a text. */
const PLACES: readonly ((log: Log, text: string) => void)[] = [
  (log, text) => log.info(text),
  (log, text) => log.info(`before${text}after`),
  (log, text) => log.info({ text }, 'a field'),
  (log, text) => log.info({ [text]: 1 }, 'a key'),
  (log, text) => log.info({ deep: [{ list: [1, [text]], map: new Map([['k', text]]), set: new Set([text]) }] }, 'deep'),
  (log, text) => log.info('%s and %j', text, { text }),
  (log, text) => log.error(new Error(`failed: ${text}`)),
  (log, text) => log.error({ err: new Error('outer', { cause: new Error(`inner ${text}`, { cause: text }) }) }),
  (log, text) => log.error({ err: new AggregateError([new Error(text)], text) }, 'several'),
  (log, text) => log.error({ err: Object.assign(new Error('coded'), { code: text }) }, 'a code'),
  (log, text) =>
    log.error({ err: { name: 'Error', message: 'thrown', stack: `Error: ${text}\n    at x` } }, 'an object'),
  (log, text) => log.child({ text, deep: { text } }).child({ text }).warn('a child'),
  (log, text) => log.info({ body: Buffer.from(text) }, 'bytes'),
  (log, text) => log.info({ shown: inspect({ body: Buffer.from(text) }) }, 'bytes'),
  (log, text) => log.info({ body: JSON.stringify({ text }) }, 'a body'),
  (log, text) => log.info({ toJSON: () => ({ text }) }, 'its own JSON'),
];

async function logOf(format: 'json' | 'pretty', secrets: readonly string[], use: (log: Log) => void): Promise<string> {
  let written = '';
  const config = { log: { level: 'debug', format }, secrets } as const;
  use(await createLogger({ config, isTerminal: false, write: (line) => (written += line) }));
  return written;
}

/** The notations of a secret that a text has. */
const found = (text: string, secret: string): string[] =>
  Object.entries(NOTATIONS)
    .filter(([, write]) => text.includes(write(secret)))
    .map(([name]) => name);

describe.each(['json', 'pretty'] as const)('the %s log', (format) => {
  it(`has no secret in any notation (seed ${SEED})`, async () => {
    const random = createRandom(SEED);
    for (let at = 0; at < CASES; at++) {
      const secret = makeSecret(random);
      const [notation, write] = pick(random, Object.entries(NOTATIONS));
      const place = PLACES[at % PLACES.length] as (typeof PLACES)[number];
      const written = await logOf(format, ['another-secret', secret], (log) => place(log, write(secret)));
      const what = `seed ${SEED}, case ${at}: ${JSON.stringify(secret)} as ${notation} by ${place.toString()}`;
      // The time and the words: on a terminal, fields stand in no line.
      expect(written.length, what).toBeGreaterThan(12);
      expect(found(written, secret), `${what}\n${written}`).toEqual([]);
      if (format === 'json') {
        // What a reader of the log sees once the line is parsed.
        const values = inspect(
          written
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line)),
          { depth: null },
        );
        expect(found(values, secret), what).toEqual([]);
      }
    }
  });

  it('has no credentials that nobody configured', async () => {
    const basic = Buffer.from('someone:else').toString('base64');
    const written = await logOf(format, [], (log) => {
      log.info(
        { headers: { Authorization: `Basic ${basic}`, Cookie: 'session=abc', apikey: 'opaque-key' } },
        'headers',
      );
      log.info(`sent "authorization: Basic ${basic}" and Authorization: Bearer opaque-token-0123456789`);
      log.info({ url: 'https://h/object/sign/a?token=to.ke.n1&x=1' }, 'https://h/?x=1&access_token=to.ke.n2');
      log.info('cannot reach postgres://worker:hunter2@db:5432/x nor redis://:ab@cache');
    });
    for (const secret of [basic, 'session=abc', 'opaque', 'to.ke.n', 'hunter2', ':ab@'])
      expect(written).not.toContain(secret);
    expect(written).toContain('db:5432');
  });

  it('has no short password where passwords stand, and leaves other words alone', async () => {
    const { secrets } = readVariables(QUEUE_VARIABLES, { REDIS_URL: 'redis://default:p"w1@cache:6379' });
    expect(secrets).toContain('p"w1');
    const written = await logOf(format, secrets, (log) => {
      log.info({ password: 'p"w1', args: ['AUTH', 'p"w1'] }, 'AUTH p"w1 was refused');
      log.info('at redis://default:p"w1@cache and redis://default:p%22w1@cache:6379, password=p"w1');
      log.info('the word up"w10 is none');
    });
    const rest = written.replace(/.*the word.*/, '');
    for (const secret of ['p"w1', 'p\\"w1', 'p%22w1']) expect(rest).not.toContain(secret);
    expect(written).toMatch(/the word up\\?"w10 is none/);
  });
});

it('traces have no secret in names, attributes, events or messages', async () => {
  const secret = 'k"ä\\%40\n"k';
  const receiver = await startOtlpReceiver();
  try {
    const redact = createRedactor([secret]).text;
    const tracing = await startTracing({ endpoint: receiver.url, service: 'test', redact });
    const span = trace.getTracer('test').startSpan(`named ${secret}`, {
      kind: SpanKind.SERVER,
      attributes: { plain: secret, list: [secret, encodeURIComponent(secret)] },
    });
    span.recordException(new Error(`failed: ${secret}`));
    span.setStatus({ code: 2, message: JSON.stringify(secret) });
    span.end();
    const failing = inSpan('inner', {}, () => Promise.reject(new Error(secret)));
    await expect(failing).rejects.toThrow();
    await tracing.close();
    const sent = receiver.bodies.join('\n');
    expect(sent).toContain('named [redacted]');
    expect(found(sent, secret)).toEqual([]);
    const unescaped = inspect(
      receiver.bodies.map((body) => JSON.parse(body)),
      { depth: null },
    );
    expect(found(unescaped, secret)).toEqual([]);
  } finally {
    await receiver.close();
  }
});
