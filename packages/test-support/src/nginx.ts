/** A real nginx with the example's settings, or with changed ones. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.ts';
import { DEPLOY } from './repository.ts';

export const NGINX_EXAMPLE = join(DEPLOY, 'nginx/nginx.conf');

export const hasNginx = (): boolean => spawnSync('nginx', ['-v']).status === 0;

export interface NginxOptions {
  readonly supabaseUrl: string;
  /** The intake's; nobody's unless given. */
  readonly apiUrl?: string | undefined;
  readonly port?: number | undefined;
  /** Of the example's text, before addresses are put in. */
  readonly change?: ((text: string) => string) | undefined;
}

/** A running nginx. */
export interface Nginx {
  readonly url: string;
  /** One entry for each request that has ended: `PATCH 413 /api/…`. */
  readonly requests: () => Promise<readonly string[]>;
  /** All that it wrote as the example has it: its access log, then its errors. */
  readonly logs: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** Everything of the block "Uploads." of the example taken away: what nginx does by itself. */
export const withoutUploadSettings = (text: string): string =>
  text.replace(/ {4}# Uploads\.\n[\s\S]*?(?=\n {4}location )/, '').replace('proxy_buffering off;', '');

/** Starts it; resolves when it answers. @throws Error with its log when it ends before. */
export async function startNginx(options: NginxOptions): Promise<Nginx> {
  const { supabaseUrl, apiUrl = 'http://127.0.0.1:1', change = (text: string) => text } = options;
  const port = options.port ?? (await freePort());
  const folder = await mkdtemp(join(tmpdir(), 'media-nginx-'));
  // Its workers are another user's, and keep bodies there.
  await chmod(folder, 0o755);
  const accessLog = join(folder, 'access.log');
  const ownLog = join(folder, 'own.log');
  const text = change(await readFile(NGINX_EXAMPLE, 'utf8'))
    .replace('127.0.0.1:8080', `127.0.0.1:${port}`)
    .replace('127.0.0.1:54321', new URL(supabaseUrl).host)
    .replace('127.0.0.1:3000', new URL(apiUrl).host)
    .replaceAll('/tmp/media-nginx', join(folder, 'nginx'))
    .replace('/dev/stdout without_query;', `${ownLog} without_query;\n  access_log ${accessLog} told;`)
    .replace('log_format without_query', "log_format told '$request_method $status $uri';\n  log_format without_query");
  const file = join(folder, 'nginx.conf');
  await mkdir(join(folder, 'logs'));
  await writeFile(file, text);
  const child = spawn('nginx', ['-p', folder, '-c', file, '-g', 'daemon off;'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  let log = '';
  child.stderr.on('data', (chunk) => {
    log = (log + String(chunk)).slice(-4000);
  });
  const url = `http://127.0.0.1:${port}`;
  const answers = () =>
    fetch(`${url}/storage/v1/status`).then(
      () => true,
      () => false,
    );
  while (!(await answers())) if (child.exitCode !== null) throw new Error(`nginx ended:\n${log}`);
  return {
    url,
    requests: async () => (await readFile(accessLog, 'utf8')).split('\n').filter((line) => line !== ''),
    logs: async () => (await readFile(ownLog, 'utf8')) + log,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
