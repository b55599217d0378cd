/** A dozen drawn files, always the same; `npm run fuzz:media` draws as many as one likes. */
import { expect, it } from 'vitest';
import { findTools } from '../src/find-tools.ts';
import { fuzzMedia } from '../src/fuzz/fuzz-media.ts';
import { renderFuzzed } from '../src/fuzz/report.ts';

const SEED = 13;
const FILES = 12;

it('loses, stretches, silences and shifts none of a dozen odd files', async () => {
  const readers = await findTools('all');
  const fuzzed = await fuzzMedia({
    seed: SEED,
    from: 0,
    files: FILES,
    endsAtMs: performance.now() + 150_000,
    tools: readers.slice(0, 1),
    readers,
    keep: undefined,
    signal: new AbortController().signal,
  });
  expect(fuzzed.flatMap(renderFuzzed)).toEqual([]);
  expect(fuzzed.filter(({ verdict }) => verdict === 'ok').length).toBeGreaterThan(FILES / 2);
}, 180_000);
