/** The runbook covers every alert and every error code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS } from '@supabase-media/core/errors';
import { FINDINGS } from '@supabase-media/diagnosis/findings';
import { createMetrics } from '@supabase-media/service/metrics';
import { watchDisk, watchQueue } from '@supabase-media/service/metrics-gauges';
import { ROOT } from '@supabase-media/test-support/repository';
import { VARIABLES } from '@supabase-media/worker/config-variables';
import { JOB_TYPES } from '@supabase-media/worker/jobs/catalog';
import { describe, expect, it } from 'vitest';
import { knownVariables, readYaml } from '../deploy/support/deploy-files.ts';

const text = readFileSync(join(ROOT, 'docs/runbook.md'), 'utf8');

const { groups } = readYaml('prometheus/alerts.yaml') as { groups: { rules: { alert?: string }[] }[] };
const alerts = groups.flatMap(({ rules }) => rules.flatMap(({ alert }) => alert ?? []));

/** Of all packages, and of every job type. */
const CODES = [...Object.keys(ERRORS), ...JOB_TYPES.flatMap(({ errors = {} }) => Object.keys(errors))];

/** A part of the text, up to the next one. */
const partFrom = (start: string, next: RegExp): string => {
  const at = text.indexOf(start);
  if (at < 0) return '';
  const rest = text.slice(at + start.length);
  const end = rest.search(next);
  return end < 0 ? rest : rest.slice(0, end);
};

describe('the runbook', () => {
  it.each(alerts)('explains %s, how to confirm it and what to do', (alert) => {
    const part = partFrom(`\n### ${alert}\n`, /\n##/);
    expect(part, alert).toMatch(/^\n\S.*\n- \*\*Confirm:\*\* \S.*\n- \*\*Do:\*\* \S/s);
  });

  it.each(CODES)('explains %s, how to confirm it and what to do', (code) => {
    const part = partFrom(`\n- **\`${code}\`**: `, /\n- \*\*`|\n#/);
    expect(part, code).toMatch(/^\S.*\*Confirm:\* \S.*\*Do:\* \S/s);
    expect(text.split(`\n- **\`${code}\`**`).length, `${code} appears once`).toBe(2);
  });

  it('names no alert, code or variable that does not exist', () => {
    const headings = [...text.matchAll(/^### (Media\w+)$/gm)].map(([, name]) => String(name));
    expect(headings.sort()).toEqual([...alerts].sort());
    const codes = [...text.matchAll(/^- \*\*`(\w+)`\*\*/gm)].map(([, name]) => String(name));
    expect(codes.sort()).toEqual([...CODES].sort());

    const known = knownVariables();
    /** Variables of Storage itself, and placeholders. */
    const others = /^(UPLOAD_FILE_SIZE_LIMIT(_STANDARD)?|TUS_URL_EXPIRY_MS|VIDEO_ID|CODE|HOST|SIGTERM|LISTEN|FILE)$/;
    for (const [name] of text.matchAll(/\b[A-Z]+(?:_[A-Z]+)+\b/g))
      expect(known.has(name) || others.test(name), name).toBe(true);
    expect(Object.keys(VARIABLES).length).toBeGreaterThan(10);
  });

  it('names metrics and findings that exist', async () => {
    const metrics = createMetrics();
    watchQueue(metrics, async () => {
      throw new Error('not asked');
    });
    watchDisk(metrics, import.meta.dirname);
    const names = new Set((await metrics.registry.getMetricsAsJSON()).map(({ name }) => name));
    for (const [name] of text.matchAll(/\bmedia_[a-z_]+_(?:total|bytes|jobs|seconds)\b/g))
      expect(names, name).toContain(name);
    for (const [, name] of text.matchAll(/`((?:postgres|edge|key|queue|redis|limit)_[a-z_]+)`/g))
      expect(name !== undefined && (name in FINDINGS || name in ERRORS), name).toBe(true);
  });
});
