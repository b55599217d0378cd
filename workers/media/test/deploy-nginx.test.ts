/** The nginx example, run by a real nginx: what its defaults do to uploads, and that ours let them pass. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { runDoctor } from '../src/doctor/run-doctor.ts';
import { DEPLOY } from './support/deploy-files.ts';
import { stackEnvironment, stackValue } from './support/stack.ts';

const hasNginx = spawnSync('nginx', ['-v']).status === 0;
const EXAMPLE = join(DEPLOY, 'nginx/nginx.conf');

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

describe.skipIf(!hasNginx)('nginx in front of Storage', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'media-nginx-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  /** Runs the example, with changes, on ports of our own. */
  async function startNginx(change: (text: string) => string = (text) => text): Promise<string> {
    const port = await freePort();
    const supabase = new URL(stackValue('SUPABASE_URL')).host;
    const text = change(await readFile(EXAMPLE, 'utf8'))
      .replace('127.0.0.1:8080', `127.0.0.1:${port}`)
      .replace('127.0.0.1:54321', supabase)
      .replaceAll('/tmp/media-nginx', join(folder, `nginx-${port}`))
      .replace('/dev/stdout', 'off');
    const file = join(folder, `${port}.conf`);
    await writeFile(file, text);
    const child = spawn('nginx', ['-c', file, '-g', 'daemon off;'], { stdio: ['ignore', 'ignore', 'pipe'] });
    const exited = once(child, 'exit');
    let log = '';
    child.stderr.on('data', (chunk) => {
      log += String(chunk);
    });
    closing.push(async () => {
      child.kill('SIGTERM');
      await exited;
    });
    const url = `http://127.0.0.1:${port}`;
    const answers = () =>
      fetch(`${url}/storage/v1/status`).then(
        () => true,
        () => false,
      );
    while (!(await answers())) if (child.exitCode !== null) throw new Error(`nginx ended:\n${log}`);
    return url;
  }

  const examine = async (url: string): Promise<string[]> => {
    const environment = { ...stackEnvironment(), SUPABASE_URL: url, LOG_LEVEL: 'silent', WORK_DIR: folder };
    const report = await runDoctor({
      config: loadConfig({ environment }),
      signal: AbortSignal.timeout(50_000),
      probe: true,
    });
    return report.findings.filter(({ status }) => status !== 'ok').map(({ code }) => code);
  };

  it('is understood by nginx', () => {
    const check = spawnSync('nginx', ['-t', '-c', EXAMPLE], { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
    expect(check.stderr).toContain('test is successful');
  });

  it('refuses with its defaults what a doctor finds', async () => {
    expect(await examine(await startNginx((text) => text.replace('client_max_body_size 0;', '')))).toEqual([
      'edge_body_limit_small',
    ]);
  });

  it('hides what it is called where the Host is not handed on', async () => {
    const url = await startNginx((text) =>
      text
        .replace(/proxy_set_header (Host|X-Forwarded-Host) \$http_host;/g, 'proxy_redirect off;')
        .replace('proxy_redirect off;', ''),
    );
    expect(await examine(url)).toEqual(['resumable_location_elsewhere']);
  });

  it('lets everything pass with our settings', async () => {
    expect(await examine(await startNginx())).toEqual([]);
  });
});
