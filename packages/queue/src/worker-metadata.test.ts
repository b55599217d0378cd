import { expect, it } from 'vitest';
import {
  keepCheckpoint,
  NEW_METADATA,
  readWorkerMetadata,
  type WorkerMetadata,
  withWorkerMetadata,
} from './worker-metadata.ts';

const source = { size: 1000, sha256: 'a'.repeat(64) };
const downloaded = { version: 1, source, input: {} };
const encoded = { version: 1, source, encoded: {} };
const published = { ...encoded, published: [] };

/** As the next worker reads them. */
const stored = (metadata: WorkerMetadata): WorkerMetadata =>
  readWorkerMetadata(JSON.parse(JSON.stringify(withWorkerMetadata({ videoId: 'v' }, metadata))));

/** The notes after each checkpoint was kept by a start of its own. @returns at which starts the job got on. */
function progressOf(...checkpoints: object[]): number[] {
  let metadata = NEW_METADATA;
  return checkpoints.map((checkpoint, index) => {
    metadata = stored(keepCheckpoint(metadata, checkpoint, index + 1));
    expect(metadata.checkpoint).toEqual(checkpoint);
    return metadata.startsAtProgress;
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
  const earlier = stored({ ...NEW_METADATA, startsAtProgress: 3, checkpoint: encoded });
  expect(keepCheckpoint(earlier, downloaded, 9).startsAtProgress).toBe(3);
  expect(keepCheckpoint(earlier, published, 9).startsAtProgress).toBe(9);
});
