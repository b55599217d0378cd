/** Alerts and dashboard against what is really exported: by promtool, and by a Prometheus that scrapes a process. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type HealthServer, startHealthServer } from '@supabase-media/service/health-server';
import { createMetrics, type Metrics } from '@supabase-media/service/metrics';
import { type QueueSnapshot, watchDisk, watchProcess, watchQueue } from '@supabase-media/service/metrics-gauges';
import {
  hasPrometheus,
  hasPromtool,
  startPrometheus,
  type TestPrometheus,
} from '@supabase-media/test-support/prometheus';
import { metricsIn } from '@supabase-media/test-support/promql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const DEPLOY = fileURLToPath(new URL('../../deploy/', import.meta.url));
const RULES_FILE = `${DEPLOY}prometheus/alerts.yaml`;

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly description?: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const rules = (parse(readFileSync(RULES_FILE, 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const alerts = rules.filter((rule) => rule.alert !== undefined);
const dashboard = JSON.parse(readFileSync(`${DEPLOY}grafana/dashboard.json`, 'utf8')) as { panels: Panel[] };
const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => [title, expr] as const),
);

/** Of its own: what lies in it is measured at each scrape. */
let workDir: string;
beforeAll(async () => {
  workDir = await mkdtemp(join(tmpdir(), 'media-monitoring-'));
});
afterAll(() => rm(workDir, { recursive: true, force: true }));

let queue: QueueSnapshot;
const busy: QueueSnapshot = {
  jobs: { active: 1, delayed: 0, failed: 0, prioritized: 0, waiting: 3 },
  oldestWaitingSeconds: 60,
  workers: 2,
};

function createWorkerMetrics(): Metrics {
  const metrics = createMetrics({ jobTypes: ['video.process'], steps: ['encode'] });
  watchQueue(metrics, async () => queue);
  watchDisk(metrics, workDir);
  watchProcess(metrics);
  return metrics;
}

describe('every query', () => {
  it('asks for series that are exported, or recorded from such', async () => {
    queue = busy;
    const { registry } = createWorkerMetrics();
    const exported = new Set(
      (await registry.metrics())
        .split('\n')
        .filter((line) => !line.startsWith('#'))
        .map((line) => line.split(/[{ ]/)[0]),
    );
    const recorded = new Set(rules.flatMap(({ record }) => record ?? []));
    const asked = [...queries, ...rules.map((rule) => [rule.alert ?? rule.record ?? '', rule.expr] as const)];
    expect(queries.length).toBeGreaterThan(20);
    for (const [where, query] of asked) {
      const names = metricsIn(query);
      expect(names.length, where).toBeGreaterThan(0);
      for (const name of names) expect(exported.has(name) || recorded.has(name), `${where}: ${name}`).toBe(true);
    }
  });

  it('has a panel that says what it shows', () => {
    for (const { title, type, description } of dashboard.panels)
      if (type !== 'row') expect(description, title).toMatch(/\.$/);
  });
});

describe('every alert', () => {
  it.each(alerts.map((rule) => [String(rule.alert), rule] as const))(
    '%s says how bad it is and where to read on',
    (name, rule) => {
      expect(['page', 'ticket']).toContain(rule.labels?.severity);
      expect(rule.annotations?.summary).toMatch(/\.$/);
      expect(rule.annotations?.runbook_url).toBe(`docs/runbook.md#${name.toLowerCase()}`);
    },
  );

  it.each(alerts.map((rule) => String(rule.alert)))(
    '%s has a test that sees it fire and one that sees it silent',
    (name) => {
      const { tests } = parse(readFileSync(`${DEPLOY}prometheus/alerts.test.yaml`, 'utf8')) as {
        tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
      };
      const own = tests.flatMap((test) => test.alert_rule_test).filter(({ alertname }) => alertname === name);
      expect(own.some(({ exp_alerts: fired }) => fired.length > 0)).toBe(true);
      expect(own.some(({ exp_alerts: fired }) => fired.length === 0)).toBe(true);
    },
  );

  it.skipIf(!hasPromtool())('fires when it should and is silent when not, says promtool', () => {
    const check = spawnSync('promtool', ['check', 'rules', RULES_FILE], { encoding: 'utf8' });
    expect(check.stdout + check.stderr).toContain('SUCCESS');
    const test = spawnSync('promtool', ['test', 'rules', `${DEPLOY}prometheus/alerts.test.yaml`], { encoding: 'utf8' });
    expect(test.stdout + test.stderr).toContain('SUCCESS');
    expect([check.status, test.status]).toEqual([0, 0]);
  });
});

describe.skipIf(!hasPrometheus())('a Prometheus that scrapes a process', () => {
  let server: HealthServer;
  let prometheus: TestPrometheus;
  let metrics: Metrics;
  beforeAll(async () => {
    queue = busy;
    metrics = createWorkerMetrics();
    server = await startHealthServer({ host: '127.0.0.1', port: 0, registry: metrics.registry, checks: {} });
    prometheus = await startPrometheus({ targets: [`127.0.0.1:${server.port}`], rulesFile: RULES_FILE });
  });
  afterAll(async () => {
    await prometheus.stop();
    await server.close();
  });

  it('reads it, and understands every query of the dashboard', async () => {
    await prometheus.waitFor('up', ([series]) => series?.value[1] === '1');
    await prometheus.waitFor('media_queue_workers', ([series]) => series?.value[1] === '2');
    for (const [title, expr] of queries)
      await expect(prometheus.query(expr.replaceAll('$__rate_interval', '1m')), title).resolves.toBeDefined();
  });

  it('is quiet while all is well, and wakes up when workers leave and the queue grows old', async () => {
    // Before its first scrape Prometheus knows of no worker, rightly.
    await prometheus.waitFor('ALERTS{alertname="MediaNoWorker"}', ({ length }) => length === 0);
    const quiet = (await prometheus.alerts()).map(({ name }) => name);
    expect(quiet).not.toContain('MediaNoWorker');
    expect(quiet).not.toContain('MediaQueueOld');
    queue = { ...busy, workers: 0, oldestWaitingSeconds: 700 };
    metrics.jobStalled();
    const isRaised = (name: string) => prometheus.waitFor(`ALERTS{alertname="${name}"}`, ({ length }) => length > 0);
    await Promise.all(['MediaNoWorker', 'MediaQueueOld', 'MediaJobsStalled'].map(isRaised));
    queue = busy;
    await prometheus.waitFor('ALERTS{alertname="MediaNoWorker"}', ({ length }) => length === 0);
  });
});
