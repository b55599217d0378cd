/** The command line of the stack. */
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { BACKENDS, type Backend } from '../storage/store/object-store.ts';

export interface CommandLine {
  readonly port?: number;
  readonly data: string;
  readonly fresh: boolean;
  readonly envFile?: string;
  readonly jwtSecret?: string;
  readonly storageUrl?: string;
  readonly backend: Backend;
  readonly uploadExpiry?: number;
  readonly fileSizeLimit?: number;
  readonly standardFileSizeLimit?: number;
  readonly quiet: boolean;
  readonly json: boolean;
}

const DEFAULT_DATA = fileURLToPath(new URL('../../../../data/stack', import.meta.url));

const EXAMPLES = `
Examples:
  $ npm run stack                          start, keep the data in data/stack
  $ npm run stack -- --fresh --port 54321  start empty, on a fixed port
  $ npm run stack -- --env-file .env       write what a worker needs to .env
  $ npm run stack -- --storage-url http://127.0.0.1:5000 --jwt-secret SECRET
                                           objects in another Storage server
  $ npm run stack -- --backend s3          ETags and errors as with an S3 server

It runs until Ctrl-C (a second one kills it) and listens on 127.0.0.1
only. It is for development and tests: the database does not wait for the disk.
`;

/** Reads process.argv; prints help or an error and exits where commander does. */
export function readOptions(argv: readonly string[]): CommandLine {
  return new Command('stack')
    .description('A whole local Supabase in one process: PostgreSQL, /rest/v1, /auth/v1, /storage/v1.')
    .configureHelp({ helpWidth: 80 })
    .option('--port <port>', 'port to listen on (default: 54321 if free, else any; 0: any)', readPort)
    .addOption(new Option('--data <dir>', 'the data folder').default(DEFAULT_DATA, 'data/stack here'))
    .option('--fresh', 'empty that folder first', false)
    .option('--env-file <file>', 'write the environment to this dotenv file (mode 0600)')
    .option('--jwt-secret <secret>', 'secret that signs all tokens (default: random, kept)')
    .option('--storage-url <url>', 'forward /storage/v1 to this Storage server', readUrl)
    .addOption(
      new Option('--backend <kind>', "behave as this backend of the real server's")
        .choices(BACKENDS)
        .default('file')
        .conflicts('storageUrl'),
    )
    .addOption(
      new Option('--upload-expiry <seconds>', 'life of resumable uploads (s3: 3600, file: none)')
        .argParser(readSeconds)
        .conflicts('storageUrl'),
    )
    .option('--file-size-limit <bytes>', 'largest object (default: from supabase/config.toml)', readBytes)
    .option('--standard-file-size-limit <bytes>', 'lower limit for single requests', readBytes)
    .option('--quiet', 'print nothing but errors', false)
    .option('--json', 'print one line of JSON when ready', false)
    .addHelpText('after', EXAMPLES)
    .parse(argv)
    .opts<CommandLine>();
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('It is a number from 0 to 65535.');
  return port;
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds < 1 || seconds > 31_536_000) {
    throw new InvalidArgumentError('It is a whole number of seconds from 1 to 31536000.');
  }
  return seconds;
}

function readBytes(text: string): number {
  const bytes = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(bytes)) {
    throw new InvalidArgumentError('It is a whole number of bytes, such as 50000000.');
  }
  return bytes;
}

function readUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError('It is an http:// or https:// URL.');
  }
  return text;
}
