/** Debian's Prometheus, where the machine has one. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './ports.ts';

export const hasPrometheus = (): boolean => spawnSync('prometheus', ['--version']).status === 0;
export const hasPromtool = (): boolean => spawnSync('promtool', ['--version']).status === 0;

/** One series of an answer. */
export interface PrometheusSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [seconds: number, value: string];
}

export interface TestPrometheus {
  /** @throws when Prometheus refuses the query. */
  readonly query: (text: string) => Promise<readonly PrometheusSeries[]>;
  /** Asks until the answer is as wanted. */
  readonly waitFor: (text: string, wanted: (series: readonly PrometheusSeries[]) => boolean) => Promise<void>;
  /** Names of alerts that are pending or firing. */
  readonly alerts: () => Promise<readonly { readonly name: string; readonly state: string }[]>;
  readonly stop: () => Promise<void>;
}

/** Scrapes the targets (`host:port`) and evaluates the rules each second. */
export async function startPrometheus(options: {
  readonly targets: readonly string[];
  readonly rulesFile: string;
}): Promise<TestPrometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'media-test-prometheus-'));
  const port = await freePort();
  const settings = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [options.rulesFile],
    scrape_configs: [{ job_name: 'media', static_configs: [{ targets: options.targets }] }],
  };
  // JSON is YAML.
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(settings));
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const exited = once(child, 'exit');
  let log = '';
  child.stderr.on('data', (chunk) => {
    log += String(chunk);
  });
  const url = `http://127.0.0.1:${port}`;
  const isReady = () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error(`Prometheus ended:\n${log}`);
    await sleep(100);
  }
  const query = async (text: string): Promise<readonly PrometheusSeries[]> => {
    const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(text)}`);
    const body = (await answer.json()) as { status: string; error?: string; data: { result: PrometheusSeries[] } };
    if (body.status !== 'success') throw new Error(`${text}: ${body.error}`);
    return body.data.result;
  };
  return {
    query,
    waitFor: async (text, wanted) => {
      while (!wanted(await query(text))) await sleep(200);
    },
    alerts: async () => {
      const answer = await fetch(`${url}/api/v1/alerts`);
      const body = (await answer.json()) as {
        data: { alerts: { labels: Record<string, string>; state: string }[] };
      };
      return body.data.alerts.map(({ labels, state }) => ({ name: String(labels.alertname), state }));
    },
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
