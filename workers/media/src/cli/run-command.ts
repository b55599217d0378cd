/** What every command shares: its configuration, its log, its way to end. */

import { watchStopSignals } from '@supabase-media/core/stop-signals';
import { forgetSecrets } from '@supabase-media/service/forget-secrets';
import { createLogger, type Log } from '@supabase-media/service/logger';
import { createRedactor } from '@supabase-media/service/redact';
import { type Environment, readEnvironment, type VariableTable } from '@supabase-media/service/settings-table';
import type { Tracing } from '@supabase-media/service/tracing';
import { resolveUserPath } from '@supabase-media/service/user-path';
import type { Config } from '../config.ts';
import type { LoadConfigOptions } from '../load-config.ts';
import { createOutput, type Output, presentable } from './output.ts';

/** Options that every command knows. */
export interface CommonOptions {
  readonly json?: boolean | undefined;
  readonly envFile?: string | undefined;
}

/** What a command is set to, at least. */
type CommandConfig = Pick<Config, 'tracing' | 'log' | 'secrets'>;

/** What a command is handed. */
export interface CommandContext<C extends CommandConfig = Config> {
  readonly config: C;
  readonly log: Log;
  readonly output: Output;
  /** Aborted by the first SIGINT or SIGTERM; the second ends the process at once. */
  readonly signal: AbortSignal;
  /** Whether bars may be drawn. */
  readonly showsBars: boolean;
}

export interface RunCommandOptions<C extends CommandConfig> {
  readonly common: CommonOptions;
  /** Reads the configuration, and says of which table. */
  readonly load: (environment: Environment) => Promise<{ readonly config: C; readonly variables: VariableTable }>;
  readonly run: (context: CommandContext<C>) => Promise<void>;
}

/** A shell's convention for a process that a signal ended: 128 and the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** A bar may stand on the line: it is wiped away, and drawn again below. */
const writeOverBar = (line: string): void => void process.stderr.write(`\r\x1b[K${line}`);

/** Runs one command to its end and sets the exit code: 0, 1 for an error, 128 + n when a signal ended it. */
export async function runCommand<C extends CommandConfig>(options: RunCommandOptions<C>): Promise<void> {
  const output = createOutput({ json: options.common.json ?? false });
  const signals = watchStopSignals((name) => process.exit(EXIT_CODES[name]));
  let redact = createRedactor([]).text;
  let tracing: Tracing | undefined;
  try {
    const environment = readEnvironment(options.common.envFile && resolveUserPath(options.common.envFile));
    const { config, variables } = await options.load(environment);
    redact = createRedactor(config.secrets).text;
    forgetSecrets(variables);
    const showsBars = !output.json && process.stderr.isTTY === true;
    const log = await createLogger({ config, ...(showsBars && { write: writeOverBar }) });
    if (config.tracing.endpoint !== undefined) {
      const { startTracing } = await import('@supabase-media/service/tracing');
      tracing = await startTracing({ ...config.tracing, service: 'supabase-media-worker', redact });
    }
    await options.run({ config, log, output, signal: signals.signal, showsBars });
  } catch (thrown) {
    output.failure(presentable(thrown, redact));
    const received = signals.received();
    process.exitCode = received === undefined ? 1 : EXIT_CODES[received];
  } finally {
    signals.close();
    await tracing?.close();
  }
}

export interface RunWorkerCommandOptions extends Pick<RunCommandOptions<Config>, 'common' | 'run'> {
  readonly needs?: LoadConfigOptions['needs'];
  /** Begins what other processes do, as soon as the configuration is known: the rest of our code takes 0.5 s to load. */
  readonly begin?: (config: Config) => Promise<void>;
}

/** The same for a command that knows everything a worker is set to. */
export async function runWorkerCommand(options: RunWorkerCommandOptions): Promise<void> {
  const { common, needs, begin, run } = options;
  const ended = new AbortController();
  const load = async (environment: Environment) => {
    const [{ loadConfig }, { VARIABLES }] = await Promise.all([
      import('../load-config.ts'),
      import('../config-variables.ts'),
    ]);
    return { config: loadConfig({ environment, ...(needs ? { needs } : {}) }), variables: VARIABLES };
  };
  await runCommand({
    common,
    load,
    run: async (context) => {
      await begin?.(context.config);
      if (needs?.queue) {
        // The drivers of the queue take 30 MB and half a second: only where there is one.
        const { reportFullPool } = await import('@supabase-media/queue/report-full-pool');
        reportFullPool(context.config.queue, context.log, ended.signal);
      }
      await run(context);
    },
  }).finally(() => ended.abort());
}
