/** Runs the stack until a signal comes. */
import { once } from 'node:events';
import { watchStopSignals } from '@supabase-media/core/stop-signals';
import { removeStaleEnvironmentFile, type StackEnvironment, writeEnvironmentFile } from '../stack/environment.ts';
import { printLine, printNotice } from '../stack/output.ts';
import { tryPort } from '../stack/ports.ts';
import { StackError } from '../stack/stack-error.ts';
import { type Stack, startStack } from '../stack/start-stack.ts';
import type { CommandLine } from './read-options.ts';

const DEFAULT_PORT = 54_321;

/** Resolves when the stack has stopped; the process's exit code is then set: 0 after a signal, 1 after a failure. */
export async function runStack(options: CommandLine): Promise<void> {
  const startedAt = performance.now();
  // The second one ends PostgreSQL with the process.
  const { signal } = watchStopSignals(() => process.exit(1));
  let stack: Stack | undefined;
  try {
    if (options.envFile) await removeStaleEnvironmentFile(options.envFile);
    stack = await startFromCommandLine(options);
    if (options.envFile) await writeEnvironmentFile(options.envFile, stack.environment);
    if (options.json) printLine(JSON.stringify({ ready: true, ...stack.environment }));
    else if (!options.quiet) printEnvironment(stack.environment, performance.now() - startedAt);
    if (!signal.aborted) await once(signal, 'abort');
  } catch (error) {
    printFailure(error);
    process.exitCode = 1;
  }
  await stack?.stop().catch(printFailure);
  // Handles that a library keeps open must not keep the process alive.
  process.exit();
}

async function startFromCommandLine(options: CommandLine): Promise<Stack> {
  const { data, port, quiet, envFile: _envFile, json: _json, ...rest } = options;
  return startStack({
    ...rest,
    dataFolder: data,
    port: port ?? (await tryPort(DEFAULT_PORT)) ?? 0,
    ...(!quiet && { onNotice: printNotice }),
  });
}

function printEnvironment(environment: StackEnvironment, milliseconds: number): void {
  printLine(`The stack is ready (${(milliseconds / 1000).toFixed(1)} s). Use it with:\n`);
  for (const [name, value] of Object.entries(environment)) printLine(`${name}=${value}`);
  printLine('\nStop it with Ctrl-C.');
}

function printFailure(error: unknown): void {
  if (error instanceof StackError) {
    printNotice(`error: ${error.message}`);
    printNotice(`hint: ${error.remedy}`);
  } else {
    printNotice(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
}
