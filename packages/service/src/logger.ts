/**
 * The log: pino, for people on a terminal, JSON lines elsewhere, always on stderr so that stdout stays the result's.
 * Secrets are blotted out of the finished line, whatever object or message carried them.
 */
import { type Logger, pino } from 'pino';

/** A pino logger whose lines never hold a secret. */
export type Log = Logger;

/** `LOG_LEVEL`, `LOG_FORMAT`, and every secret value that was read. */
export interface LoggerSettings {
  readonly log: {
    readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
    readonly format: 'auto' | 'pretty' | 'json';
  };
  readonly secrets: readonly string[];
}

/** Where {@link createLogger} writes, and what it must not let through. */
export interface CreateLoggerOptions {
  readonly config: LoggerSettings;
  /** Receives whole lines; stderr unless told. */
  readonly write?: (line: string) => void;
  /** Whether a person reads along; decides what `LOG_FORMAT=auto` means. */
  readonly isTerminal?: boolean;
}

/** Any JWT, and the token of a signed address: both are keys, whoever issued them. */
const KEY_SHAPES = /eyJ[\w-]+\.[\w-]+\.[\w-]+|sb_secret_[\w-]+|(?<=[?&]token=)[^&"\s]+/g;

/** Blots out the given values and everything that has the shape of a key. */
export function redactSecrets(text: string, secrets: readonly string[]): string {
  let redacted = text;
  for (const secret of secrets) redacted = redacted.replaceAll(secret, '[redacted]');
  return redacted.replace(KEY_SHAPES, '[redacted]');
}

/** Creates the process's logger. */
export async function createLogger(options: CreateLoggerOptions): Promise<Log> {
  const { config } = options;
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const destination = { write: (line: string) => write(redactSecrets(line, config.secrets)) };
  const isTerminal = options.isTerminal ?? process.stderr.isTTY === true;
  const isPretty = config.log.format === 'pretty' || (config.log.format === 'auto' && isTerminal);
  if (!isPretty)
    return pino(
      { level: config.log.level, base: undefined, formatters: levelAsWord, serializers: SERIALIZERS },
      destination,
    );
  const { prettyFactory } = await import('pino-pretty');
  const prettify = prettyFactory({
    colorize: isTerminal,
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'event,jobId,videoId,attempt',
    singleLine: true,
  });
  return pino(
    { level: config.log.level, base: undefined, serializers: SERIALIZERS },
    { write: (line: string) => destination.write(prettify(line)) },
  );
}

/** An error as one object of a few words: what libraries hang on theirs (clients, sockets, whole requests) stays out. */
function serializeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = 'code' in error ? { code: error.code } : {};
  const cause = error.cause === undefined ? {} : { cause: serializeError(error.cause) };
  return { type: error.name, ...code, message: error.message, stack: error.stack, ...cause };
}

const SERIALIZERS = { err: serializeError };

const levelAsWord = { level: (label: string) => ({ level: label }) };
