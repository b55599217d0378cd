import { describe, expect, it } from 'vitest';
import { createMemoryStore, type KeyValueStore } from './namespaced-store.ts';
import { fingerprintOf, openRecords, type UploadRecord, userOfToken } from './upload-record.ts';

const source = { name: 'a.mp4', size: 5, type: 'video/mp4', lastModified: 7, slice: () => new Blob() };
const place = { apiUrl: 'https://app.example', user: 'u1' };
const record: UploadRecord = {
  sessionId: 's',
  ...place,
  fileName: 'a.mp4',
  size: 5,
  confirmedBytes: 0,
  uploadId: null,
  expiresAt: '2026-11-22T00:00:00Z',
};

describe('the fingerprint', () => {
  const own = fingerprintOf(source, place);
  it('stays the same', () => expect(fingerprintOf({ ...source, type: '' }, { ...place })).toBe(own));
  it.each([
    ['name', { name: 'b.mp4' }, {}],
    ['size', { size: 6 }, {}],
    ['time', { lastModified: 8 }, {}],
    ['user', {}, { user: 'u2' }],
    ['API', {}, { apiUrl: 'https://other.example' }],
  ])('differs by %s', (_what, file, where) => {
    expect(fingerprintOf({ ...source, ...file }, { ...place, ...where })).not.toBe(own);
  });
});

describe('whose token it is', () => {
  const token = (claims: object) => `h.${btoa(JSON.stringify(claims)).replaceAll('=', '')}.s`;
  it('is its subject', () => expect(userOfToken(token({ sub: 'u1?>' }))).toBe('u1?>'));
  it.each(['', 'x', 'a.b.c', token({})])('is nobody’s when it cannot be read: %s', (text) => {
    expect(userOfToken(text)).toBe('');
  });
});

describe('what is remembered', () => {
  it('comes back, and goes', async () => {
    const records = openRecords(createMemoryStore());
    await records.write('k', record);
    expect(await records.read('k')).toEqual(record);
    await records.forget('k');
    expect(await records.read('k')).toBeUndefined();
  });
  it('is only taken when it is whole', async () => {
    const store = createMemoryStore();
    for (const text of ['no json', '{}', 'null', JSON.stringify({ ...record, size: 'x' })]) {
      await store.set('supabase-media:upload:k', text);
      expect(await openRecords(store).read('k')).toBeUndefined();
    }
  });
  it('lists what is alive and sweeps the rest, touching nobody else’s keys', async () => {
    const store = createMemoryStore();
    await store.set('theme', 'dark');
    const records = openRecords(store);
    await records.write('k', record);
    await records.write('gone', { ...record, sessionId: 'old' });
    expect(await records.list((candidate) => candidate.sessionId === 'old')).toEqual([{ key: 'k', value: record }]);
    expect(await store.keys()).toEqual(['theme', 'supabase-media:upload:k']);
  });
  it('costs nothing when the store fails', async () => {
    const broken = () => {
      throw new Error('QuotaExceededError');
    };
    const store: KeyValueStore = { get: broken, set: broken, remove: broken, keys: broken };
    const records = openRecords(store);
    await records.write('k', record);
    expect(await records.read('k')).toBeUndefined();
    expect(await records.list(() => false)).toEqual([]);
  });
});
