/** Starts a `redis-server` on its own port and folder, so that no other queue is touched. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { findFreePort, LOOPBACK } from '../stack/ports.ts';

export interface StartRedisOptions {
  /** Must exist; holds the append-only file of a durable server. */
  readonly folder: string;
  /** Persists every write (`appendonly`), so that a killed server restarts with all its jobs. */
  readonly isDurable?: boolean | undefined;
}

/** A running server. */
export interface RedisServer {
  readonly url: string;
  readonly version: string;
  /** Kills it, like a crash. */
  readonly kill: () => Promise<void>;
  /** Starts it again on the same port and folder. */
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** The version of `redis-server` on the PATH; undefined where there is none. */
export function findRedisVersion(): string | undefined {
  const { stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  return /v=(\S+)/.exec(stdout ?? '')?.[1];
}

/** Starts one. @throws Error when there is no `redis-server` or it ends before it is ready. */
export async function startRedisServer(options: StartRedisOptions): Promise<RedisServer> {
  const version = findRedisVersion();
  if (version === undefined) throw new Error('There is no redis-server on the PATH.');
  const port = await findFreePort();
  let child = await start(port, options);
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  return {
    url: `redis://${LOOPBACK}:${port}`,
    version,
    kill: () => end('SIGKILL'),
    restart: async () => {
      child = await start(port, options);
    },
    stop: () => end('SIGTERM'),
  };
}

async function start(port: number, options: StartRedisOptions): Promise<ChildProcess> {
  const args = ['--port', String(port), '--bind', LOOPBACK, '--dir', options.folder, '--save', ''];
  const policy = ['--maxmemory-policy', 'noeviction', '--appendonly', options.isDurable ? 'yes' : 'no'];
  const child = spawn('redis-server', [...args, ...policy], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    said += String(chunk);
    if (said.includes('Ready to accept connections')) {
      child.stdout.resume();
      return child;
    }
  }
  throw new Error(`redis-server ended before it was ready: ${said.slice(-500)}`);
}
