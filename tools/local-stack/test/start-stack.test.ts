/** The programmatic way: what it hands back, what it leaves alone, what it undoes when it fails. */
import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isListening } from './support/cli.ts';
import { removeTestFolder, startTestStack } from './support/stack.ts';

let folder: string;
let supabaseFolder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stack-start-'));
  supabaseFolder = join(folder, 'supabase');
  await mkdir(join(supabaseFolder, 'migrations'), { recursive: true });
  await writeFile(join(supabaseFolder, 'config.toml'), '[storage]\nfile_size_limit = "1MiB"\n');
  await writeMigration('20260101000000_one.sql', 'create table one (id int); insert into one values (1);');
});

afterAll(async () => {
  await removeTestFolder(join(folder, 'data'));
  await removeTestFolder(folder);
});

function writeMigration(name: string, sql: string): Promise<void> {
  return writeFile(join(supabaseFolder, 'migrations', name), sql);
}

it('installs no signal handlers, and stops twice as well as once', async () => {
  const count = (): number => process.listenerCount('SIGINT') + process.listenerCount('SIGTERM');
  const before = count();
  const test = await startTestStack({ dataFolder: join(folder, 'data'), supabaseFolder });
  expect(count()).toBe(before);
  expect(test.stack.environment).toEqual({
    SUPABASE_URL: test.stack.url,
    SUPABASE_ANON_KEY: test.stack.anonKey,
    SUPABASE_SERVICE_ROLE_KEY: test.stack.serviceRoleKey,
    SUPABASE_JWT_SECRET: test.stack.jwtSecret,
    DATABASE_URL: test.stack.databaseUrl,
  });
  await test.stop();
  await test.stack.stop();
  expect(await isListening(test.stack.databaseUrl)).toBe(false);
});

it('takes the size limit from config.toml', async () => {
  const test = await startTestStack({ dataFolder: join(folder, 'data'), supabaseFolder });
  const { error } = await test.service.storage.createBucket('b', { public: false, fileSizeLimit: 1_048_577 });
  expect(error).toMatchObject({ statusCode: '413' });
  await test.stop();
});

it('runs each migration once, tells of changed ones, and undoes a failed one and all that was started', async () => {
  const notices: string[] = [];
  await writeMigration('20260101000000_one.sql', 'create table one (id int); -- changed');
  await writeMigration('20260102000000_two.sql', 'insert into one values (2);');
  const onNotice = (line: string): void => void notices.push(line);
  const test = await startTestStack({ dataFolder: join(folder, 'data'), supabaseFolder, onNotice });
  expect((await test.database.query('select id from one order by id')).rows).toEqual([{ id: 1 }, { id: 2 }]);
  expect(notices.join('\n')).toContain('20260101000000_one.sql changed');
  await test.stop();

  await writeMigration('20260103000000_three.sql', 'insert into one values (3); select nonsense;');
  const failing = startTestStack({ dataFolder: join(folder, 'data'), supabaseFolder });
  await expect(failing).rejects.toThrow('20260103000000_three.sql failed: column "nonsense" does not exist');
  expect(await readdir(join(folder, 'data'))).not.toContain('stack.lock');

  await writeMigration('20260103000000_three.sql', 'insert into one values (4);');
  const again = await startTestStack({ dataFolder: join(folder, 'data'), supabaseFolder });
  expect((await again.database.query('select max(id) from one')).rows).toEqual([{ max: 4 }]);
  await again.stop();
});
