/** Starts, watches and stops the parts of `npm run dev`; each but the stack is a process of its own. */
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { watchStopSignals } from '@supabase-media/core/stop-signals';
import { Closers } from '@supabase-media/local-stack/stack/closers';
import { printLine, printNotice } from '@supabase-media/local-stack/stack/output';
import { tryPort } from '@supabase-media/local-stack/stack/ports';
import { StackError } from '@supabase-media/local-stack/stack/stack-error';
import { startStack } from '@supabase-media/local-stack/stack/start-stack';
import { type Child, startChild } from './child.ts';
import { DEMO_USER, ensureDemoUser } from './demo-user.ts';
import { waitForUrl } from './wait-for-url.ts';

export interface DevelopmentOptions {
  readonly data: string;
  readonly fresh: boolean;
  readonly verbose: boolean;
}

const at = (path: string): string => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));

const API_PORT = 3000;
const PAGE_PORT = 5173;

/** Time limit of the first start, which compiles everything, in milliseconds. */
const START_MS = 60_000;

/** Runs until a signal or until a part exits; sets the exit code. */
export async function runDevelopment(options: DevelopmentOptions): Promise<void> {
  const closers = new Closers();
  const running: Child[] = [];
  // Children in groups of their own outlive this process unless they are told.
  const killAll = () => {
    for (const child of running) child.kill();
  };
  process.once('exit', killAll);
  const stop = watchStopSignals(() => process.exit(1));
  try {
    const children = await startParts(options, { closers, running, signal: stop.signal });
    const ended = children.map(({ name, ended: end }) => end.then(() => name));
    const first = await Promise.race([...ended, once(stop.signal, 'abort').then(() => undefined)]);
    if (first !== undefined && !stop.signal.aborted)
      throw new StackError(`The ${first} exited unexpectedly.`, 'See its output above; --verbose shows more.');
  } catch (error) {
    if (!stop.signal.aborted) {
      printNotice(`error: ${error instanceof Error ? error.message : String(error)}`);
      if (error instanceof StackError) printNotice(`hint: ${error.remedy}`);
      process.exitCode = 1;
    }
  }
  await closers.closeAll().catch((error: unknown) => printNotice(`error: ${String(error)}`));
  // Handles that a library keeps open must not keep the process alive.
  process.exit();
}

async function startParts(
  options: DevelopmentOptions,
  { closers, running, signal }: { readonly closers: Closers; readonly running: Child[]; readonly signal: AbortSignal },
): Promise<readonly Child[]> {
  printLine('Starting a local Supabase, a worker, the API and the page …');
  const stack = await startStack({ dataFolder: join(options.data, 'stack'), fresh: options.fresh });
  closers.add(() => stack.stop());
  await ensureDemoUser(stack);
  const [apiPort, pagePort] = [await choosePort(API_PORT), await choosePort(PAGE_PORT)];
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  const pageUrl = `http://127.0.0.1:${pagePort}/`;
  const common = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    FFMPEG_PATH: process.env.FFMPEG_PATH,
    FFPROBE_PATH: process.env.FFPROBE_PATH,
    // Two processes on one machine cannot use the same port.
    METRICS_PORT: '0',
    LOG_LEVEL: options.verbose ? 'info' : 'warn',
    ...stack.environment,
  };
  const isShown = options.verbose;
  const begin = (name: string, args: readonly string[], environment = {}, isLoud = isShown): void => {
    const child = startChild({ name, args, environment: { ...common, ...environment }, isShown: isLoud });
    running.push(child);
    closers.add(child.stop);
  };
  const watched = ['--watch', '--watch-preserve-output', '--'];
  begin('compiler', [at('node_modules/typescript/bin/tsc'), '-b', '--watch', '--preserveWatchOutput', at('.')]);
  begin('worker', [...watched, at('workers/media/dist/cli.js'), 'worker'], {
    WORK_DIR: join(options.data, 'work'),
    SHUTDOWN_GRACE_SECONDS: '1',
  });
  begin('API', [...watched, at('apps/web/dist/server/server-cli.js'), 'serve'], {
    WEB_HOST: '127.0.0.1',
    WEB_PORT: String(apiPort),
    WEB_SHUTDOWN_GRACE_SECONDS: '1',
  });
  const vite = [at('node_modules/vite/bin/vite.js'), '--config', at('apps/web/vite.config.ts'), '--strictPort'];
  begin('page', [...vite, '--port', String(pagePort)], { WEB_API_URL: apiUrl });
  await Promise.all([`${apiUrl}/ready`, pageUrl].map((url) => waitForUrl(url, { signal, timeoutMs: START_MS })));
  printLine(`
The page       ${pageUrl}
Sign in with   ${DEMO_USER.email}
Password       ${DEMO_USER.password}

The API        ${apiUrl}/api/openapi.json
Supabase       ${stack.url}

Changes in the page appear immediately; the API and the worker restart on
change. Stop everything with Ctrl-C.`);
  return running;
}

const choosePort = async (wanted: number): Promise<number> => (await tryPort(wanted)) ?? (await tryPort(0)) ?? wanted;
