import { expect, it } from 'vitest';
import { type JobNotes, keepCheckpoint, NEW_NOTES, readNotes, withNotes } from './worker-metadata.ts';

const source = { size: 1000, sha256: 'a'.repeat(64) };
const downloaded = { version: 1, source, input: {} };
const encoded = { version: 1, source, encoded: {} };
const published = { ...encoded, published: [] };

/** As the next worker reads them. */
const stored = (notes: JobNotes): JobNotes => readNotes(JSON.parse(JSON.stringify(withNotes({ videoId: 'v' }, notes))));

/** The notes after each checkpoint was kept by a start of its own. @returns at which starts the job got on. */
function progressOf(...checkpoints: object[]): number[] {
  let notes = NEW_NOTES;
  return checkpoints.map((checkpoint, index) => {
    notes = stored(keepCheckpoint(notes, checkpoint, index + 1));
    expect(notes.checkpoint).toEqual(checkpoint);
    return notes.startsAtProgress;
  });
}

it('takes only a checkpoint beyond all earlier ones for progress', () => {
  expect(progressOf(downloaded, encoded, published, { ...published, derived: {} })).toEqual([1, 2, 3, 4]);
  expect(progressOf(downloaded, downloaded, downloaded)).toEqual([1, 1, 1]);
  // On another machine everything is made anew, up to where it ended the worker before.
  expect(progressOf(downloaded, encoded, downloaded, encoded, downloaded)).toEqual([1, 2, 2, 2, 2]);
  expect(progressOf(downloaded, encoded, downloaded, encoded, published)).toEqual([1, 2, 2, 2, 5]);
});

it('begins anew with another content of the source', () => {
  const other = { ...downloaded, source: { ...source, sha256: 'b'.repeat(64) } };
  expect(progressOf(encoded, other, other)).toEqual([1, 2, 2]);
});

it('counts what an earlier release kept without saying how far it was', () => {
  const earlier = stored({ ...NEW_NOTES, startsAtProgress: 3, checkpoint: encoded });
  expect(keepCheckpoint(earlier, downloaded, 9).startsAtProgress).toBe(3);
  expect(keepCheckpoint(earlier, published, 9).startsAtProgress).toBe(9);
});
