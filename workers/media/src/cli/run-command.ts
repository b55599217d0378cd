/** What every command shares: its configuration, its log, its way to end. */

import { watchStopSignals } from '@supabase-media/core/stop-signals';
import { forgetSecrets } from '@supabase-media/service/forget-secrets';
import { createLogger, type Log } from '@supabase-media/service/logger';
import { createRedactor } from '@supabase-media/service/redact';
import { readEnvironment } from '@supabase-media/service/settings-table';
import { startTracing, type Tracing } from '@supabase-media/service/tracing';
import { resolveUserPath } from '@supabase-media/service/user-path';
import type { Config } from '../config.ts';
import { VARIABLES } from '../config-variables.ts';
import { type LoadConfigOptions, loadConfig } from '../load-config.ts';
import { createOutput, type Output, presentable } from './output.ts';

/** Options that every command knows. */
export interface CommonOptions {
  readonly json?: boolean | undefined;
  readonly envFile?: string | undefined;
}

/** What a command is handed. */
export interface CommandContext {
  readonly config: Config;
  readonly log: Log;
  readonly output: Output;
  /** Aborted by the first SIGINT or SIGTERM; the second ends the process at once. */
  readonly signal: AbortSignal;
  /** Whether bars may be drawn. */
  readonly showsBars: boolean;
}

export interface RunCommandOptions {
  readonly common: CommonOptions;
  readonly needs?: LoadConfigOptions['needs'];
  readonly run: (context: CommandContext) => Promise<void>;
}

/** A shell's convention for a process that a signal ended: 128 and the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** Runs one command to its end and sets the exit code: 0, 1 for an error, 128 + n when a signal ended it. */
export async function runCommand(options: RunCommandOptions): Promise<void> {
  const output = createOutput({ json: options.common.json ?? false });
  const signals = watchStopSignals((name) => process.exit(EXIT_CODES[name]));
  let redact = createRedactor([]).text;
  let tracing: Tracing | undefined;
  const ended = new AbortController();
  try {
    const environment = readEnvironment(options.common.envFile && resolveUserPath(options.common.envFile));
    const config = loadConfig({ environment, ...(options.needs ? { needs: options.needs } : {}) });
    redact = createRedactor(config.secrets).text;
    forgetSecrets(VARIABLES);
    const log = await createLogger({ config });
    tracing = await startTracing({ ...config.tracing, service: 'supabase-media-worker', redact });
    if (options.needs?.queue) {
      // The drivers of the queue take 30 MB and half a second: only where there is one.
      const { reportFullPool } = await import('@supabase-media/queue/report-full-pool');
      reportFullPool(config.queue, log, ended.signal);
    }
    const showsBars = !output.json && process.stderr.isTTY === true;
    await options.run({ config, log, output, signal: signals.signal, showsBars });
  } catch (thrown) {
    output.failure(presentable(thrown, redact));
    const received = signals.received();
    process.exitCode = received === undefined ? 1 : EXIT_CODES[received];
  } finally {
    ended.abort();
    signals.close();
    await tracing?.close();
  }
}
