/** README's tables, the chart and the results they are made of, as they stand in the repository. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderChart } from './render-chart.ts';
import { renderMarkdown } from './render-markdown.ts';
import type { BenchResult } from './result.ts';

const BEGIN = '<!-- Made by `npm run docs:performance`. -->';
const END = '<!-- end -->';

const RESULTS = 'docs/performance.json';

/** What the documents are to be, by their paths in the repository. */
export async function renderDocuments(
  root: string,
  results: readonly BenchResult[],
): Promise<ReadonlyMap<string, string>> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const [before, after] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`README.md has no ${BEGIN} … ${END}.`);
  const table = `${BEGIN}\n\n${renderMarkdown(results)}\n\n`;
  return new Map([
    ['README.md', readme.slice(0, before) + table + readme.slice(after)],
    ['docs/performance.svg', renderChart(results)],
    [RESULTS, `${JSON.stringify(results, null, 2)}\n`],
  ]);
}

/** Those that the documents are made of now. */
export const readResults = async (root: string): Promise<readonly BenchResult[]> =>
  JSON.parse(await readFile(join(root, RESULTS), 'utf8'));

export async function writeDocuments(root: string, results: readonly BenchResult[]): Promise<void> {
  for (const [path, content] of await renderDocuments(root, results)) await writeFile(join(root, path), content);
}
