import { expect, it } from 'vitest';
import { progressOf } from './progress.ts';

const source = { size: 1000, sha256: 'a'.repeat(64) };
const downloaded = { version: 1, source, input: {} };
const encoded = { version: 1, source, encoded: {} };
const published = { ...encoded, published: [] };

it('grows with each step that a checkpoint keeps', () => {
  const stages = [downloaded, encoded, published, { ...published, derived: {} }].map((kept) => progressOf(kept).stage);
  expect(stages).toEqual([0, 1, 2, 3]);
});

it('names the content of the source, and is nothing for what is no checkpoint', () => {
  expect(progressOf(downloaded).source).toBe(source.sha256);
  expect(progressOf(undefined)).toEqual({ source: '', stage: -1 });
});
