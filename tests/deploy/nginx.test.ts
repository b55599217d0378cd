/** The nginx example, run by a real nginx: what its defaults do to uploads, and that ours let them pass. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasNginx, NGINX_EXAMPLE, startNginx } from '@supabase-media/test-support/nginx';
import { stackEnvironment, stackValue } from '@supabase-media/test-support/stack';
import { runDoctor } from '@supabase-media/worker/doctor/run-doctor';
import { loadConfig } from '@supabase-media/worker/load-config';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

describe.skipIf(!hasNginx())('nginx in front of Storage', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'media-nginx-work-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  /** What a doctor finds behind the example, with changes. */
  const examine = async (change?: (text: string) => string): Promise<string[]> => {
    const nginx = await startNginx({ supabaseUrl: stackValue('SUPABASE_URL'), change });
    closing.push(nginx.stop);
    const environment = { ...stackEnvironment(), SUPABASE_URL: nginx.url, LOG_LEVEL: 'silent', WORK_DIR: folder };
    const report = await runDoctor({
      config: loadConfig({ environment }),
      signal: AbortSignal.timeout(50_000),
      probe: true,
    });
    return report.findings
      .filter(({ status, check }) => status !== 'ok' && check !== 'isolation')
      .map(({ code }) => code);
  };

  it('is understood by nginx', () => {
    const check = spawnSync('nginx', ['-t', '-c', NGINX_EXAMPLE], {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    expect(check.stderr).toContain('test is successful');
  });

  it('refuses with its defaults (1 MiB) what a doctor finds: uploads get through, in the smallest chunks', async () => {
    expect(await examine((text) => text.replace('client_max_body_size 0;', ''))).toEqual(['edge_body_limit']);
  });

  it('refuses with half of that every chunk, which a doctor finds too', async () => {
    const change = (text: string) => text.replace('client_max_body_size 0;', 'client_max_body_size 512k;');
    expect(await examine(change)).toEqual(['edge_body_limit_small']);
  });

  it('hides what it is called where the Host is not handed on', async () => {
    const change = (text: string) =>
      text
        .replace(/proxy_set_header (Host|X-Forwarded-Host) \$http_host;/g, 'proxy_redirect off;')
        .replace('proxy_redirect off;', '');
    expect(await examine(change)).toEqual(['resumable_location_elsewhere']);
  });

  it('lets everything pass with our settings', async () => {
    expect(await examine()).toEqual([]);
  });
});
