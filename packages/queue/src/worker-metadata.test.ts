import { expect, it } from 'vitest';
import {
  createMetadataSeal,
  keepCheckpoint,
  newMetadata,
  readGenuineMetadata,
  readWorkerMetadata,
  type WorkerMetadata,
  withWorkerMetadata,
} from './worker-metadata.ts';

interface Checkpoint {
  readonly source: string;
  readonly stage: number;
}

const seal = createMetadataSeal('secret');

const type = { progressOf: (checkpoint: unknown) => checkpoint as Checkpoint };
const first: Checkpoint = { source: 'a', stage: 0 };
const second = { ...first, stage: 1 };
const third = { ...first, stage: 2 };
const fourth = { ...first, stage: 3 };

/** As the next worker reads them. */
const stored = (metadata: WorkerMetadata): WorkerMetadata =>
  readWorkerMetadata(JSON.parse(JSON.stringify(withWorkerMetadata('job', { id: 'v' }, metadata, seal))));

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

const noted = {
  startsAtProgress: 2,
  deferrals: 1,
  furthest: second,
  request: 'r',
  checkpoint: { ...second, stage: 1 },
};
const payload = { id: 'v', source: { path: 'p', bucket: 'b' }, owner: undefined };
const read = (data: object, changes: { id?: string; payload?: object; secret?: string } = {}) =>
  readGenuineMetadata(
    { id: changes.id ?? 'job', data: JSON.parse(JSON.stringify(data)), attemptsStarted: 5 },
    changes.payload ?? payload,
    createMetadataSeal(changes.secret ?? 'secret'),
  );

it('believes its own notes, also of a payload whose keys came back in another order', () => {
  const data = withWorkerMetadata('job', payload, noted, seal);
  expect(read(data)).toEqual({ ...noted, isForged: false });
  expect(read(data, { payload: { source: { bucket: 'b', path: 'p' }, id: 'v' } }).isForged).toBe(false);
});

it('keeps notes without a checkpoint', () => {
  const { checkpoint: _, furthest: __, ...more } = noted;
  expect(read(withWorkerMetadata('job', payload, more, seal))).toEqual({ ...more, isForged: false });
});

it('believes no notes of another job, payload or key, and none that were changed: the job begins anew', () => {
  const data = withWorkerMetadata('job', payload, noted, seal) as { worker: { notes: string; mac?: string } };
  const forged = { startsAtProgress: 4, deferrals: 0, request: 'r', isForged: true };
  expect(read(data, { id: 'other' })).toEqual(forged);
  expect(read(data, { payload: { ...payload, id: 'w' } })).toEqual(forged);
  expect(read(data, { secret: 'rotated' })).toEqual(forged);
  const { worker } = data;
  const changed = [
    { ...worker, notes: `${worker.notes} ` },
    { ...worker, mac: undefined },
    { ...worker, mac: 'x' },
  ];
  for (const now of changed) expect(read({ ...data, worker: now })).toEqual(forged);
});

it.each([undefined, null, 'text', { notes: 5, request: 'r' }, { notes: '{"startsAtProgress":-5}', request: {} }])(
  'reads nothing out of %j',
  (worker) => {
    expect(read({ id: 'v', worker })).toMatchObject({ startsAtProgress: 0, deferrals: 0, isForged: false });
  },
);

it('begins anew where an earlier release noted without a proof', () => {
  const worker = { startsAtProgress: 1, deferrals: 3, checkpoint: JSON.stringify(second) };
  expect(read({ id: 'v', worker })).toEqual({ startsAtProgress: 4, deferrals: 0, isForged: true });
});

it('takes no absurd numbers, whoever wrote them', () => {
  const absurd = { ...noted, startsAtProgress: -5 };
  expect(read(withWorkerMetadata('job', payload, absurd, seal))).toMatchObject({ startsAtProgress: 0, deferrals: 0 });
  for (const changed of [{ deferrals: 1e9 }, { deferrals: 0.5 }, { furthest: { source: '', stage: -1 } }])
    expect(read(withWorkerMetadata('job', payload, { ...noted, ...changed }, seal))).toMatchObject({ deferrals: 0 });
});

it('counts no starts that the job has not had, also of genuine notes of an earlier job of its id', () => {
  const earlier = withWorkerMetadata('job', payload, { ...noted, startsAtProgress: 900 }, seal);
  expect(read(earlier).startsAtProgress).toBe(5);
  const again = { id: 'job', data: earlier, attemptsStarted: -3 };
  expect(readGenuineMetadata(again, payload, seal).startsAtProgress).toBe(0);
});
