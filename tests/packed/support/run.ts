/** Commands as a person would type them, and servers that run until they are stopped. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

/** Nothing of the test's own environment, least of all NODE_ENV, reaches a foreign app. */
const environmentOf = (extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  TMPDIR: process.env.TMPDIR,
  NEXT_TELEMETRY_DISABLED: '1',
  ...extra,
});

/** Runs a command to its end. @throws Error with all that it wrote when it ends with anything but 0. */
export async function run(
  command: readonly [string, ...string[]],
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const [file, ...args] = command;
  try {
    const options = { cwd, env: environmentOf(environment), maxBuffer: 64 * 1024 * 1024 };
    return await promisify(execFile)(file, args, options);
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command.join(' ')} failed in ${cwd}:\n${stdout}\n${stderr}`, { cause: error });
  }
}

/** Starts a server with Node and waits until its address answers. */
export async function startServer(options: {
  readonly script: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly url: string;
  readonly environment?: Readonly<Record<string, string>>;
}): Promise<() => Promise<void>> {
  const { script, args, cwd, url, environment = {} } = options;
  const child = spawn(process.execPath, ['--', script, ...args], {
    cwd,
    env: environmentOf(environment),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  const answers = async (): Promise<boolean> => (await fetch(url).catch(() => undefined))?.ok === true;
  const deadline = Date.now() + 60_000;
  while (!(await answers())) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${script} does not answer at ${url}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return async () => {
    child.kill('SIGTERM');
    await exited;
  };
}
