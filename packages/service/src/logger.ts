/**
 * The log: pino, readable on a terminal, JSON lines elsewhere, always on stderr because stdout is for results. Secrets
 * are redacted from the finished line, whichever object or message contained them.
 */
import { type Logger, pino } from 'pino';

/** A pino logger whose lines never contain a secret. */
export type Log = Logger;

/** `LOG_LEVEL`, `LOG_FORMAT`, and every secret value that was read. */
export interface LoggerSettings {
  readonly log: {
    readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
    readonly format: 'auto' | 'pretty' | 'json';
  };
  readonly secrets: readonly string[];
}

/** Options of {@link createLogger}. */
export interface CreateLoggerOptions {
  readonly config: LoggerSettings;
  /** Receives whole lines. Default: stderr. */
  readonly write?: (line: string) => void;
  /** Decides what `LOG_FORMAT=auto` means. Default: whether stderr is a terminal. */
  readonly isTerminal?: boolean;
}

/** Any JWT, and the token of a signed address: both grant access, whoever issued them. */
const KEY_SHAPES = /eyJ[\w-]+\.[\w-]+\.[\w-]+|sb_secret_[\w-]+|(?<=[?&]token=)[^&"\s]+/g;

/** Redacts the given values and everything that looks like a key. */
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

/** Keeps the essential fields of an error; libraries attach clients, sockets and whole requests to theirs. */
function serializeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = 'code' in error ? { code: error.code } : {};
  const cause = error.cause === undefined ? {} : { cause: serializeError(error.cause) };
  return { type: error.name, ...code, message: error.message, stack: error.stack, ...cause };
}

const SERIALIZERS = { err: serializeError };

const levelAsWord = { level: (label: string) => ({ level: label }) };
