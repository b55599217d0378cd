/** The command line as scripts and people meet it: one JSON object, clear errors, exit codes. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import * as nodeModule from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJson, runCommand, startCommand } from '@supabase-media/test-support/command';
import { ROOT } from '@supabase-media/test-support/repository';
import { stackEnvironment, stackValue, uniquePath } from '@supabase-media/test-support/stack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let folder: string;
let textFile: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-cli-'));
  textFile = join(folder, '-odd name: with spaces.mp4');
  await writeFile(textFile, 'not a video\n'.repeat(50));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const errorOf = async (args: string[], environment?: Record<string, string>) => {
  const result = await runCommand([...args, '--json'], environment);
  expect(result.exitCode).toBe(1);
  const { error } = readJson(result) as { error: { code: string; message: string; hint: string } };
  expect(error.hint).not.toBe('');
  expect(result.stdout + result.stderr).not.toMatch(/\n\s+at .*\.(js|ts):\d+/);
  return error;
};

const dataUrl = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;

describe('media', () => {
  it('explains itself', async () => {
    for (const args of [['--help'], ['upload', '--help'], ['enqueue', '--help']]) {
      const { exitCode, stdout } = await runCommand(args);
      expect(exitCode).toBe(0);
      expect(stdout).toContain('Usage: media');
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    }
  });

  it('keeps compiled code in the cache of the user, where Node can and there is one', async () => {
    const cache = join(folder, '.cache', 'supabase-media');
    for (const HOME of [folder, join(folder, 'missing'), '/proc/missing', '/dev/null'])
      expect(await runCommand(['worker', '--help'], { HOME, XDG_CACHE_HOME: '' })).toMatchObject({ exitCode: 0 });
    const kept = await readdir(cache).catch(() => []);
    expect(kept.length > 0).toBe('enableCompileCache' in nodeModule);
  });

  describe('loads what a command needs, and no more:', () => {
    /** Of every module that a run loads, its address. */
    const loadedBy = async (args: readonly string[], environment: Record<string, string> = {}) => {
      const loaded = join(folder, 'loaded.txt');
      await rm(loaded, { force: true });
      const hook = `import { appendFileSync } from 'node:fs';
        export function load(url, context, next) { appendFileSync(${JSON.stringify(loaded)}, url + '\\n'); return next(url, context); }`;
      const register = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(hook))});`;
      const result = await runCommand(args, { ...environment, NODE_OPTIONS: `--import=${dataUrl(register)}` });
      expect(result).toMatchObject({ exitCode: 0 });
      return readFile(loaded, 'utf8');
    };

    it('no driver of a queue where none is asked for', async () => {
      const urls = await loadedBy(['process', '--help']);
      expect(urls).toContain('/commander/');
      expect(urls).not.toMatch(/node_modules\/(bullmq|ioredis|pg)\//);
    });

    it('nothing that makes videos, and no client of Supabase, for an upload of a large file', async () => {
      const file = join(folder, 'large.mp4');
      await writeFile(file, Buffer.alloc(2_000_000));
      const urls = await loadedBy(
        ['upload', file, '--bucket', 'project-videos', '--path', uniquePath('large.mp4'), '--json'],
        {
          ...stackEnvironment(),
          WORK_DIR: join(folder, 'loaded-work'),
          UPLOAD_DIRECT_MAX_MB: '1',
        },
      );
      expect(urls).toMatch(/packages\/storage\/dist\/uploader\.js/);
      expect(urls).not.toMatch(/node_modules\/(bullmq|ioredis|pg|@opentelemetry|@supabase)\//);
      expect(urls).not.toMatch(/packages\/(media|queue|database|client|diagnosis)\/|media\/dist\/jobs\//);
    });

    it('the command after an option with a value, whatever that is called', async () => {
      await writeFile(join(folder, 'upload'), '');
      const { stdout } = await runCommand(['--env-file', join(folder, 'upload'), 'process', '--help']);
      expect(stdout).toContain('Usage: media process');
    });
  });

  it('tells its version', async () => {
    for (const flag of ['--version', '-V']) {
      const { exitCode, stdout } = await runCommand([flag]);
      expect({ exitCode, stdout }).toEqual({
        exitCode: 0,
        stdout: expect.stringMatching(/^media \d+\.\d+\.\d+, Node v\d+\.\d+\.\d+\n$/),
      });
    }
  });

  it('copies the migrations among those of a project, all or nothing, and overwrites none', async () => {
    const to = join(folder, 'project', 'supabase', 'migrations');
    await mkdir(to, { recursive: true });
    const own = '29990101000000_own.sql';
    await writeFile(join(to, own), 'select 1;\n');
    const copy = () => runCommand(['migrations', 'copy', '--to', to, '--json']);
    const first = readJson(await copy());
    const names = (await readdir(join(ROOT, 'supabase/migrations'))).sort();
    expect(first).toEqual({ folder: to, copied: names, same: [], next: 'supabase db push --include-all' });
    expect(readJson(await copy())).toEqual({ folder: to, copied: [], same: names });
    const [changed, missing] = names.map((name) => join(to, name));
    await writeFile(String(changed), 'select 2;\n');
    await rm(String(missing));
    const error = await errorOf(['migrations', 'copy', '--to', to]);
    expect(error).toMatchObject({ code: 'invalid_argument', message: expect.stringContaining(String(names[0])) });
    expect((await readdir(to)).sort()).toEqual([names[0], ...names.slice(2), own]);
  });

  it.each([
    [['nonsense']],
    [['upload']],
    [['upload', 'a', '--bucket', 'b', '--path', 'c', '--route', 'pigeon']],
    [['status', 'not-a-uuid']],
  ])('refuses %j as it refuses anything', async (args) => {
    expect(await errorOf(args)).toMatchObject({ code: 'invalid_argument' });
  });

  it('names every wrong variable at once and prints no secret', async () => {
    const { message } = await errorOf(['worker'], {
      SUPABASE_URL: 'localhost',
      SUPABASE_SERVICE_ROLE_KEY: 'my-very-secret-key',
      UPLOAD_MAX_RETRIES: 'many',
    });
    for (const name of ['SUPABASE_URL', 'SUPABASE_SERVICE_ROLE_KEY', 'UPLOAD_MAX_RETRIES', 'REDIS_URL'])
      expect(message).toContain(name);
    expect(message).not.toContain('my-very-secret-key');
  });

  it('says that the named environment file is not there', async () => {
    const error = await errorOf(['status', '00000000-0000-4000-8000-000000000000', '--env-file', '/no/such/file']);
    expect(error).toMatchObject({ code: 'config_invalid' });
    expect(error.message).toContain('/no/such/file');
  });

  it('reads variables from a file', async () => {
    const file = join(folder, 'stack.env');
    const lines = Object.entries(stackEnvironment()).map(([name, value]) => `${name}=${value}`);
    await writeFile(file, lines.join('\n'));
    const id = '00000000-0000-4000-8000-000000000000';
    expect(await errorOf(['--env-file', file, 'status', id])).toMatchObject({ code: 'video_missing' });
  });
});

/** Only root may run a command as somebody else. */
it.runIf(process.getuid?.() === 0)('starts for a user without a name, as `docker run --user` makes one', async () => {
  const { stdout, stderr } = await startCommand(['process', '/none', '--out', '/none', '--json'], {}, 12_345).ended;
  expect(stderr).not.toContain('uv_os_get_passwd');
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'file_missing' } });
});

describe('a part that is missing is named, with the remedy', () => {
  it('the queue', async () => {
    const environment = { ...stackEnvironment(), REDIS_URL: 'redis://127.0.0.1:9' };
    for (const args of [['worker'], ['enqueue', '--bucket', 'b', '--path', 'p']]) {
      const error = await errorOf(args, environment);
      expect(error).toMatchObject({ code: 'queue_unreachable' });
      expect(error.message).toContain('127.0.0.1:9');
    }
  });

  it('Storage', async () => {
    const error = await errorOf(['worker'], { ...stackEnvironment(), SUPABASE_URL: 'http://127.0.0.1:9' });
    expect(error).toMatchObject({ code: 'storage_unreachable' });
  });

  it('the right key', async () => {
    const key = 'eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    const error = await errorOf(['worker'], { ...stackEnvironment(), SUPABASE_SERVICE_ROLE_KEY: key });
    expect(error).toMatchObject({ code: 'storage_unauthorized' });
    expect(error.message).not.toContain(key);
  });

  it('the bucket', async () => {
    const error = await errorOf(['worker'], { ...stackEnvironment(), RESULT_BUCKET: 'nowhere' });
    expect(error).toMatchObject({ code: 'bucket_missing' });
  });

  it('ffmpeg', async () => {
    const error = await errorOf(['process', textFile, '--out', folder], { FFMPEG_PATH: '/no/such/ffmpeg' });
    expect(error).toMatchObject({ code: 'ffmpeg_missing' });
    expect(error.message + error.hint).toContain('FFMPEG_PATH');
  });

  it('a folder to work in', async () => {
    const error = await errorOf(['worker'], { ...stackEnvironment(), WORK_DIR: join(textFile, 'below-a-file') });
    expect(error).toMatchObject({ code: 'work_dir_unusable' });
  });
});

describe('media upload', () => {
  it('answers with what it did', async () => {
    const path = uniquePath('clip.mp4');
    const args = ['upload', textFile, '--bucket', 'project-videos', '--path', path, '--json'];
    const result = await runCommand(args, stackEnvironment());
    expect(result.exitCode).toBe(0);
    expect(readJson(result)).toEqual({
      bucket: 'project-videos',
      path,
      size: 600,
      route: 'direct',
      attempts: 1,
      bytesSent: 600,
      seconds: expect.any(Number),
      verified: 'md5',
      peakRssMb: expect.any(Number),
    });
    expect(result.stderr).not.toContain(stackValue('SUPABASE_SERVICE_ROLE_KEY'));
    expect(await errorOf(args.slice(0, -1), stackEnvironment())).toMatchObject({ code: 'object_exists' });
    const again = await runCommand([...args, '--upsert', '--route', 'stream'], stackEnvironment());
    expect(readJson(again)).toMatchObject({ route: 'stream', verified: 'md5' });
  });
});

describe('media enqueue and status', () => {
  it('answer with ids and the truth of the row', async () => {
    const path = uniquePath('waiting.mp4');
    // A queue of its own that nobody works on: the job must still stand there when the row is read.
    const enqueued = readJson(
      await runCommand(['enqueue', '--bucket', 'project-videos', '--path', path, '--json'], stackEnvironment()),
    );
    expect(enqueued).toMatchObject({ state: 'created' });
    const status = readJson(await runCommand(['status', String(enqueued.videoId), '--json'], stackEnvironment()));
    expect(status).toMatchObject({ id: enqueued.videoId, source_path: path, job_id: enqueued.jobId });
  });
});

describe('media process', () => {
  it('ends with a rejection as an outcome, not an error', async () => {
    const out = join(folder, 'out');
    const result = await runCommand(['process', textFile, '--out', out, '--json']);
    expect(result.exitCode).toBe(0);
    const { outcome, code, reason, outputs } = readJson(result);
    expect({ outcome, outputs }).toEqual({ outcome: 'rejected', outputs: [] });
    expect(code).toEqual(expect.any(String));
    expect(reason).toMatch(/video/i);
    await expect(readdir(out)).rejects.toThrow();
  });

  it('says that there is no such file', async () => {
    expect(await errorOf(['process', '/no/such.mp4', '--out', folder])).toMatchObject({ code: 'file_missing' });
  });
});
