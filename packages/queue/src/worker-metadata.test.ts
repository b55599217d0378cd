import { expect, it } from 'vitest';
import {
  keepCheckpoint,
  newMetadata,
  readWorkerMetadata,
  type WorkerMetadata,
  withWorkerMetadata,
} from './worker-metadata.ts';

interface Checkpoint {
  readonly source: string;
  readonly stage: number;
}

const type = { progressOf: (checkpoint: unknown) => checkpoint as Checkpoint };
const first: Checkpoint = { source: 'a', stage: 0 };
const second = { ...first, stage: 1 };
const third = { ...first, stage: 2 };
const fourth = { ...first, stage: 3 };

/** As the next worker reads them. */
const stored = (metadata: WorkerMetadata): WorkerMetadata =>
  readWorkerMetadata(JSON.parse(JSON.stringify(withWorkerMetadata({ id: 'v' }, metadata))));

/** Each checkpoint is kept by a start of its own. @returns at which starts the job made progress. */
function progressOf(...checkpoints: object[]): number[] {
  let metadata: WorkerMetadata = newMetadata();
  return checkpoints.map((checkpoint, index) => {
    metadata = stored(keepCheckpoint(metadata, checkpoint, { starts: index + 1, type }));
    expect(metadata.checkpoint).toEqual(checkpoint);
    return metadata.startsAtProgress;
  });
}

it('takes only a checkpoint beyond all earlier ones for progress', () => {
  expect(progressOf(first, second, third, fourth)).toEqual([1, 2, 3, 4]);
  expect(progressOf(first, first, first)).toEqual([1, 1, 1]);
  // On another machine everything is made anew, up to where it ended the worker before.
  expect(progressOf(first, second, first, second, first)).toEqual([1, 2, 2, 2, 2]);
  expect(progressOf(first, second, first, second, third)).toEqual([1, 2, 2, 2, 5]);
});

it('begins anew with another content of the source', () => {
  const other = { ...first, source: 'b' };
  expect(progressOf(second, other, other)).toEqual([1, 2, 2]);
});

it('counts what an earlier release kept without saying how far it was', () => {
  const earlier = stored({ ...newMetadata(), startsAtProgress: 3, checkpoint: second });
  expect(keepCheckpoint(earlier, first, { starts: 9, type }).startsAtProgress).toBe(3);
  expect(keepCheckpoint(earlier, third, { starts: 9, type }).startsAtProgress).toBe(9);
});

it('takes only the first checkpoint for progress where a type has no stages', () => {
  const kept = keepCheckpoint(newMetadata(), { any: 1 }, { starts: 1, type: {} });
  expect(kept.startsAtProgress).toBe(1);
  expect(keepCheckpoint(kept, { any: 2 }, { starts: 2, type: {} }).startsAtProgress).toBe(1);
});
