#!/usr/bin/env node
/** `npm run web`: the command line of the intake API. */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { MediaError, toMediaError } from '@supabase-media/core/errors';
import { watchStopSignals } from '@supabase-media/core/stop-signals';
import { assertCanWork } from '@supabase-media/diagnosis/assert-can-work';
import { logFindings } from '@supabase-media/diagnosis/log-findings';
import { assertPlatform } from '@supabase-media/service/assert-platform';
import { forgetSecrets } from '@supabase-media/service/forget-secrets';
import { createLogger, type Log } from '@supabase-media/service/logger';
import { createRedactor } from '@supabase-media/service/redact';
import { readEnvironment } from '@supabase-media/service/settings-table';
import { startTracing } from '@supabase-media/service/tracing';
import { resolveUserPath } from '@supabase-media/service/user-path';
import { openStorage } from '@supabase-media/storage/connection';
import { boundMemory } from './bound-memory.ts';
import type { WebConfig } from './config.ts';

const HELP = `Usage: npm run web -- [serve|sweep] [options]

The intake API: uploads and videos of signed-in users.

Commands:
  serve               serve requests until SIGTERM (default)
  sweep               end and remove expired uploads, once

Options:
  --env-file <file>   read variables from this file instead of .env
  --port <number>     listen on this port, not on WEB_PORT; 0 picks a free one
  --json              print one JSON object on stdout
  -h, --help          show this help

Examples:
  npm run stack -- --env-file .env     a whole Supabase on this machine, then
  npm run web                          the intake API at http://127.0.0.1:3000
  curl 127.0.0.1:3000/ready            readiness
  curl 127.0.0.1:3000/api/openapi.json every request and response
  npm run web -- sweep                 if SWEEP_EVERY_SECONDS is 0

It needs SUPABASE_URL, SUPABASE_SERVICE_ROLE_KEY, REDIS_URL or DATABASE_URL,
and SUPABASE_JWT_SECRET if users' tokens are signed with it (HS256).
docs/configuration.md describes all variables. At SIGTERM running requests have
WEB_SHUTDOWN_GRACE_SECONDS. Exit code 0: done, 1: an error.
`;

const OPTIONS = {
  'env-file': { type: 'string' },
  port: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

function readArguments() {
  try {
    const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
    const [command = 'serve', ...rest] = positionals;
    if (rest.length === 0 && (command === 'serve' || command === 'sweep')) return { ...values, command };
    throw new Error(`"${positionals.join(' ')}" is neither serve nor sweep`);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new MediaError({ code: 'invalid_argument', message: `${message}. See npm run web -- --help.` });
  }
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function run(): Promise<void> {
  const options = readArguments();
  if (options.help) return print(HELP.trimEnd());
  const file = options['env-file'];
  const environment = readEnvironment(file === undefined ? undefined : resolveUserPath(file));
  const { loadWebConfig, TABLE } = await import('./config.ts');
  const config = loadWebConfig({ ...environment, ...(options.port !== undefined && { WEB_PORT: options.port }) });
  redact = createRedactor(config.secrets).text;
  forgetSecrets(TABLE);
  const log = await createLogger({ config });
  const tracing = await startTracing({ ...config.tracing, service: 'supabase-media-api', redact });
  const { startServer, sweepOnce } = await import('./server.ts');
  const stop = watchStopSignals(() => process.exit(1));
  if (options.command === 'sweep') {
    const result = await sweepOnce({ config, log, signal: stop.signal });
    const { enqueued, abandoned, cleaned, forgotten, failed } = result;
    print(
      options.json
        ? JSON.stringify(result)
        : `${abandoned} abandoned, ${cleaned} cleaned, ${forgotten} deleted, ${enqueued} enqueued, ${failed} to retry`,
    );
  } else {
    await refuseWhatCannotWork(config, log, stop.signal);
    const server = await startServer({ config, log });
    print(options.json ? JSON.stringify({ ready: true, url: server.url }) : `Listening on ${server.url}`);
    if (!stop.signal.aborted) await once(stop.signal, 'abort');
    log.info({ event: 'web.stopping' }, `Stopping: running requests have ${config.shutdownGraceMs / 1000} s to finish`);
    await server.stop();
    await tracing.close();
    log.info({ event: 'web.stopped' }, 'Stopped');
    // Handles that a library keeps open must not keep the process alive.
    process.exit(0);
  }
  stop.close();
}

/** Says at the start what will not work, as the doctor says it. What may pass is waited for: `/ready` follows it. */
async function refuseWhatCannotWork(config: WebConfig, log: Log, signal: AbortSignal): Promise<void> {
  const { checkIntake } = await import('./check-intake.ts');
  const connection = openStorage(config.supabase);
  const started = performance.now();
  try {
    const findings = await checkIntake(config, connection, signal);
    assertCanWork(findings, { waits: true });
    logFindings(findings, (performance.now() - started) / 1000, log);
  } finally {
    await connection.close();
  }
}

let redact = createRedactor([]).text;
boundMemory();
try {
  assertPlatform();
  await run();
} catch (thrown) {
  const error = toMediaError(thrown);
  process.stderr.write(`${redact(`error (${error.code}): ${error.message}\n${error.hint}`)}\n`);
  process.exitCode = 1;
}
