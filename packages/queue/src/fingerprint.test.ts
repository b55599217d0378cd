import { expect, it } from 'vitest';
import { queueFingerprint } from './fingerprint.ts';

const redis = (redisUrl: string) => queueFingerprint({ redisUrl });
const postgres = (databaseUrl: string) => queueFingerprint({ databaseUrl });

it('is the same for every worker of a queue, whatever it is let in with', () => {
  expect(redis('redis://:secret@cache:6379/0')).toBe(redis('rediss://worker:other@cache/0'));
  expect(postgres('postgres://media:one@db/app')).toBe(postgres('postgresql://media:two@db:5432/app?sslmode=require'));
  expect(redis('redis://cache')).toMatch(/^[0-9a-f]{8}$/);
});

it('tells queues apart by server, port, database, and the project behind a pooler', () => {
  const names = [
    redis('redis://cache'),
    redis('redis://cache:6380'),
    redis('redis://cache/1'),
    redis('redis://other'),
    postgres('postgres://postgres.one@pooler/postgres'),
    postgres('postgres://postgres.two@pooler/postgres'),
    postgres('postgres://postgres.two@pooler/staging'),
    postgres('postgres:///staging?host=/run/one'),
    postgres('postgres:///staging?host=/run/two'),
    queueFingerprint({}),
  ];
  expect(new Set(names).size).toBe(names.length);
});
