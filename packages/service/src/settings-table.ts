/**
 * Reads environment variables by a table of allowed values. An empty value counts as unset, all problems are reported at
 * once, and secrets are never printed.
 */
import { readFileSync } from 'node:fs';
import { MediaError } from '@supabase-media/core/errors';
import { parse } from 'dotenv';
import { z } from 'zod';

/** One environment variable. */
export interface Variable {
  /** Its heading in `.env.example` and docs/configuration.md. */
  readonly section: string;
  /** The allowed values and their unit, as shown in error messages. */
  readonly allowed: string;
  /** As written in the environment; absent if the variable may stay unset. */
  readonly default?: string;
  /** What it does and why one would change it. */
  readonly reason: string;
  /** An example value, for variables without a default. */
  readonly example?: string;
  /** The value is never printed, not even in an error. */
  readonly secret?: true;
  readonly schema: z.ZodType<unknown, string>;
}

export type VariableTable = Readonly<Record<string, Variable>>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** A whole number, written in digits only. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/)
    .transform(Number)
    .refine((value) => value >= min && value <= max);

/** An address with a host and one of the given protocols (`redis:`). */
export const address = (...protocols: string[]) =>
  z.string().refine((value) => {
    if (!URL.canParse(value)) return false;
    const { protocol, hostname } = new URL(value);
    return protocols.includes(protocol) && hostname !== '';
  });

/**
 * An address with a user and a password. A `%`, `#` or `/` in them that is not percent-encoded makes it another address,
 * or none; `@` alone does no harm.
 */
export const serverAddress = (...protocols: string[]) =>
  address(...protocols).refine((value) => {
    if (!URL.canParse(value)) return false;
    const { username, password, hash } = new URL(value);
    return hash === '' && decodePercent(username) !== undefined && decodePercent(password) !== undefined;
  });

/** How to write what {@link serverAddress} takes. */
export const ENCODED_CREDENTIALS = 'user and password percent-encoded (%40 for @, %23 for #, %25 for %, %2F for /)';

/** An http:// or https:// address. Trailing slashes are dropped, so that paths can be appended. */
export const httpAddress = address('http:', 'https:').transform((value) => value.replace(/\/+$/, ''));

/** The values of a table's variables. */
export interface Variables<Table extends VariableTable> {
  /** For a variable that has a default or was required; call {@link Variables.refuse} before. */
  readonly get: <Name extends keyof Table & string>(name: Name) => z.output<Table[Name]['schema']>;
  readonly maybe: <Name extends keyof Table & string>(name: Name) => z.output<Table[Name]['schema']> | undefined;
  /** Whether the environment sets it, validly or not. */
  readonly isSet: (name: keyof Table & string) => boolean;
  /** Requires variables that have no default. */
  readonly need: (...names: readonly (keyof Table & string)[]) => void;
  readonly complain: (problem: string) => void;
  /** @throws {MediaError} `config_invalid`, naming all problems, if there are any. */
  readonly refuse: () => void;
  /** Every secret value and the passwords inside, for the logger to redact. */
  readonly secrets: readonly string[];
}

/** Checks the environment against a table. Problems are collected until {@link Variables.refuse}. */
export function readVariables<Table extends VariableTable>(table: Table, environment: Environment): Variables<Table> {
  const problems: string[] = [];
  const values = new Map<string, unknown>();
  const secrets: string[] = [];
  // An empty value is an unset one: `docker run -e NAME` and most .env files write it that way.
  const read = (name: string): string => environment[name]?.trim() ?? '';
  for (const [name, variable] of Object.entries(table)) {
    const raw = read(name) || variable.default;
    if (raw === undefined) continue;
    if (variable.secret) secrets.push(raw, ...passwordsOf(raw));
    const result = variable.schema.safeParse(raw);
    if (result.success) values.set(name, result.data);
    else problems.push(`${name} ${describeValue(variable, raw)}; allowed: ${variable.allowed}.`);
  }
  const isSet = (name: string): boolean => read(name) !== '';
  return {
    get: <Name extends keyof Table & string>(name: Name) => values.get(name) as z.output<Table[Name]['schema']>,
    maybe: <Name extends keyof Table & string>(name: Name) =>
      values.get(name) as z.output<Table[Name]['schema']> | undefined,
    isSet,
    need: (...names) => {
      for (const name of names)
        if (!isSet(name)) problems.push(`${name} is not set; needed: ${table[name]?.allowed ?? 'a value'}.`);
    },
    complain: (problem) => void problems.push(problem),
    refuse: () => refuseProblems(problems),
    secrets: [...new Set(secrets)],
  };
}

function refuseProblems(problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new MediaError({
    code: 'config_invalid',
    message: problems.length === 1 ? String(problems[0]) : `${problems.length} problems:\n  ${problems.join('\n  ')}`,
    details: { problems: [...problems] },
  });
}

const describeValue = (variable: Variable, value: string): string =>
  variable.secret ? `is set to something else (${value.length} characters, not shown)` : `is "${value.slice(0, 80)}"`;

/** The passwords of an address, as written and decoded: libraries print either. */
function passwordsOf(secret: string): string[] {
  if (!URL.canParse(secret)) return [];
  const { password, searchParams } = new URL(secret);
  const passwords = [password, decodePercent(password) ?? '', ...searchParams.getAll('password')];
  return passwords.filter((found) => found !== '');
}

/** Undoes percent-encoding (RFC 3986, section 2.1); undefined if it is malformed. */
export function decodePercent(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/**
 * Merges the process environment over a dotenv file.
 *
 * @param file Defaults to `.env`, which may be missing; a named file must exist.
 * @throws {MediaError} `config_invalid` when a named file cannot be read.
 */
export function readEnvironment(file: string | undefined): Environment {
  try {
    return { ...parse(readFileSync(file ?? '.env')), ...process.env };
  } catch (error) {
    if (file === undefined) return { ...process.env };
    throw new MediaError({
      code: 'config_invalid',
      message: `The environment file ${file} cannot be read (${error instanceof Error ? error.message : String(error)}).`,
      cause: error,
    });
  }
}
