import { expect, it } from 'vitest';
import { listWaiting, whyNotSameFile } from './match-unfinished.ts';
import type { UploadItem } from './upload-list.ts';

const record = {
  sessionId: 'session-1',
  apiUrl: 'https://app.example',
  user: 'user-1',
  fileName: 'trip.mov',
  size: 300_000_000,
  confirmedBytes: 120_000_000,
  uploadId: null,
  expiresAt: '2026-01-02T00:00:00Z',
};
const item = (changes: Partial<UploadItem>): UploadItem => ({
  id: 'upload-1',
  addedAt: 0,
  videoId: undefined,
  isSetAside: false,
  fileName: 'trip.mov',
  size: 300_000_000,
  state: { name: 'queued' },
  progress: undefined,
  ...changes,
});

it('takes the file whose fingerprint is the record’s', () => {
  expect(whyNotSameFile(record, { name: 'trip.mov', size: 300_000_000 }, record)).toBeUndefined();
});

it('names both files and sizes where it is another one', () => {
  const words = whyNotSameFile(record, { name: 'film.mov', size: 12_000_000 }, undefined);
  expect(words).toContain('film.mov (12.0 MB) is another file than trip.mov (300 MB)');
});

it('says that a file of the same name and size was changed', () => {
  expect(whyNotSameFile(record, { name: 'trip.mov', size: 300_000_000 }, undefined)).toContain('changed or copied');
});

it('does not take the record of another upload for this one', () => {
  const other = { ...record, sessionId: 'session-2' };
  expect(whyNotSameFile(record, { name: 'film.mov', size: 1 }, other)).toContain('is another file');
});

it('lists what nothing is sending', () => {
  expect(listWaiting([record], [])).toEqual([record]);
  expect(listWaiting([record], [item({})])).toEqual([]);
  expect(listWaiting([record], [item({ state: { name: 'completed', videoId: '1' } })])).toEqual([record]);
  expect(listWaiting([record], [item({ fileName: 'other.mov' })])).toEqual([record]);
});
