import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ROWS } from '../rows.ts';
import { joinResults } from './join-results.ts';
import { readResults, renderDocuments } from './performance-documents.ts';
import { renderChart } from './render-chart.ts';
import { renderMarkdown } from './render-markdown.ts';
import { renderTable } from './render-table.ts';
import type { BenchResult, MeasuredRow } from './result.ts';
import { summarize } from './summarize.ts';

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));
const FAR = { roundTripMs: 40, megabits: 100 };

const run = (seconds: number, mb = 120) => ({
  seconds,
  cpuSeconds: seconds * 1.5,
  peakMb: { node: mb, ffmpeg: 300 },
  togetherMb: mb + 300,
  children: 8,
  sentBytes: 2_000_000_000,
  receivedBytes: 2_000_000_000,
  storageRequests: 60,
  otherRequests: 1200,
});

const rowOf = (runs: readonly ReturnType<typeof run>[], baseline: readonly ReturnType<typeof run>[]): MeasuredRow => ({
  ...{ name: 'mp4', about: '60 s of 1080p, MP4 and poster', most: 1.03, mostOverWay: 0.9 },
  contenders: [
    { name: 'worker', runs },
    { name: 'script', runs: baseline },
    { name: 'usual worker', runs: [run(30), { failed: 'ended with SIGKILL: out of memory' }, run(30)] },
  ],
});

const resultOf = (rows: readonly MeasuredRow[], other: Partial<BenchResult> = {}): BenchResult => ({
  measuredAt: '2026-11-28',
  machine: { processor: 'a processor', cores: 2, memoryGb: 24, node: '20.20.2' },
  ffmpeg: '5.1.9',
  rounds: 3,
  way: undefined,
  small: { readySeconds: 0.9, idleMb: 90, importMs: 120 },
  rows,
  ...other,
});

const ALL_ROWS: readonly MeasuredRow[] = ROWS.map(({ name, about, contenders }) => ({
  ...{ name, about, most: 1.05, mostOverWay: 0.9 },
  contenders: contenders.map((contender, at) => ({ name: contender, runs: [run(1234.5 * (at + 1))] })),
}));

describe('the result of the benchmark', () => {
  it('compares runs of the same round', () => {
    const { rows, ok } = summarize(resultOf([rowOf([run(9), run(20), run(10)], [run(10), run(40), run(20)])]));
    expect(rows[0]?.cells[0]).toMatchObject({ ratio: 0.5, seconds: 10 });
    expect(ok).toBe(true);
  });

  it('tells what happened where one could not do it', () => {
    const result = resultOf([rowOf([run(10)], [run(10)])]);
    expect(summarize(result).rows[0]?.cells[2]).toEqual({
      name: 'usual worker',
      failed: 'ended with SIGKILL: out of memory',
    });
    expect(renderTable(result).join('\n')).toContain('ended with SIGKILL: out of memory');
  });

  it.each([
    ['slower than its limit', resultOf([rowOf([run(11)], [run(10)])])],
    ['above an idle one by more memory', resultOf([rowOf([run(5, 191)], [run(10)])])],
    ['slower than the limit of a longer way', resultOf([rowOf([run(10)], [run(10)])], { way: FAR })],
    ['ready too late', resultOf([], { small: { readySeconds: 1.2, idleMb: 90, importMs: 120 } })],
  ])('is not kept when it is %s', (_what, result) => {
    expect(summarize(result).ok).toBe(false);
    expect(renderTable(result).at(-1)).toMatch(/NOT KEPT/);
  });

  it('fits 80 columns', () => {
    for (const line of renderTable(resultOf(ALL_ROWS, { way: FAR }))) expect(line.length, line).toBeLessThanOrEqual(80);
  });
});

describe('the chart', () => {
  const chart = renderChart([resultOf(ALL_ROWS), resultOf(ALL_ROWS, { way: FAR })]);

  it('keeps every text within its width', () => {
    const texts = [...chart.matchAll(/<text class="([^"]*)" x="([\d.]+)" y="[\d.]+">([^<]*)</g)];
    expect(texts.length).toBeGreaterThan(40);
    for (const [, kind = '', x = '', words = ''] of texts) {
      // Pixels at 14 px; in Chromium with DejaVu Sans, the widest of its fonts, 8.2 and 6.8.
      const perCharacter = kind.includes('title') ? 8.5 : 7.2;
      expect(Number(x) + words.length * perCharacter, words).toBeLessThanOrEqual(640);
    }
  });

  it('shows who could not do it', () => {
    expect(renderChart([resultOf([rowOf([run(10)], [run(10)])])])).toContain('could not do it');
  });
});

describe('the tables of README', () => {
  it('have whole jobs side by side, and what happened where one could not', () => {
    const table = renderMarkdown([resultOf([rowOf([run(9)], [run(10)])]), resultOf(ALL_ROWS, { way: FAR })]);
    expect(table).toContain(
      '| 60 s of 1080p, MP4 and poster | 9.00 s | 10.0 s | could not: ended with SIGKILL: out of memory | **0.90** |',
    );
    expect(table).toContain('| 2 GB to Storage, Storage 40 ms away, 100 Mbit/s | `media upload` 1234.5 s |');
  });

  it('take the latest of each row, and keep ways apart', () => {
    const [near, far, ...more] = joinResults([
      resultOf(ALL_ROWS),
      resultOf([rowOf([run(1)], [run(1)])], { small: undefined }),
      resultOf(ALL_ROWS, { way: FAR }),
    ]);
    expect(more).toEqual([]);
    expect(near?.rows.map(({ name }) => name)).toEqual(ROWS.map(({ name }) => name));
    expect(near?.rows.find(({ name }) => name === 'mp4')?.contenders[0]?.runs).toEqual([run(1)]);
    expect(near?.small).toBeDefined();
    expect(far?.way).toEqual(FAR);
  });

  it('and the chart are those of docs/performance.json', async () => {
    for (const [path, content] of await renderDocuments(ROOT, await readResults(ROOT)))
      expect(await readFile(join(ROOT, path), 'utf8'), `npm run docs:performance; ${path}`).toBe(content);
  });
});
