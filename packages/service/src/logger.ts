/**
 * The log: pino, readable on a terminal, JSON lines elsewhere, always on stderr because stdout is for results. Secrets
 * are redacted in the values of the finished line, before they are written, whichever object, error, message or child
 * logger contained them.
 */
import { type Logger, pino } from 'pino';
import { createRedactor, type Redactor } from './redact.ts';
import { formatForTerminal } from './terminal-lines.ts';

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

/** Creates the process's logger. */
export async function createLogger(options: CreateLoggerOptions): Promise<Log> {
  const { config } = options;
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const redactor = createRedactor(config.secrets);
  const isTerminal = options.isTerminal ?? process.stderr.isTTY === true;
  const isPretty = config.log.format === 'pretty' || (config.log.format === 'auto' && isTerminal);
  if (!isPretty)
    return pino(
      { level: config.log.level, base: undefined, formatters: levelAsWord, serializers: SERIALIZERS },
      { write: (line: string) => write(`${JSON.stringify(readLine(line, redactor))}\n`) },
    );
  const { level } = config.log;
  const showsStacks = level === 'debug' || level === 'trace';
  return pino(
    { level, base: undefined, serializers: SERIALIZERS },
    {
      write: (line: string) =>
        write(
          formatForTerminal(readLine(line, redactor) as Record<string, unknown>, {
            columns: process.stderr.columns ?? DEFAULT_COLUMNS,
            isColored: isTerminal,
            showsStacks,
          }),
        ),
    },
  );
}

/** Where nothing tells the width. */
const DEFAULT_COLUMNS = 80;

/** The values of a line of JSON, as pino made it: only in them do quotes and backslashes stand as they are. */
const readLine = (line: string, redactor: Redactor): object => redactor.value(JSON.parse(line)) as object;

/** Causes of causes, and errors within one, that a line has: an error may be its own cause. */
const CAUSES_MAX = 8;

/** Keeps the essential fields of an error; libraries attach clients, sockets and whole requests to theirs. */
function serializeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = 'code' in error ? { code: error.code } : {};
  const inner = (of: unknown) => serializeError(of, depth + 1);
  const hasMore = depth < CAUSES_MAX;
  const cause = error.cause === undefined || !hasMore ? {} : { cause: inner(error.cause) };
  const errors =
    error instanceof AggregateError && hasMore ? { errors: error.errors.slice(0, CAUSES_MAX).map(inner) } : {};
  return { type: error.name, ...code, message: error.message, stack: error.stack, ...cause, ...errors };
}

const SERIALIZERS = { err: (error: unknown) => serializeError(error) };

const levelAsWord = { level: (label: string) => ({ level: label }) };
