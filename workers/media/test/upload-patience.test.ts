/** `media upload` outlasts a Storage that is restarted, and says where it goes on when it is stopped before. */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Stack, startStack } from '@supabase-media/local-stack/stack/start-stack';
import { readJson, runCommand, startCommand } from '@supabase-media/test-support/command';
import { type FaultProxy, startFaultProxy } from '@supabase-media/test-support/fault-proxy';
import { randomContent, SEED } from '@supabase-media/test-support/random';
import { SOURCES } from '@supabase-media/test-support/uploads';
import { afterAll, beforeAll, expect, it } from 'vitest';

const SIZE = 40_000_000;
const STOP_AT = 15_000_000;
/** It gave up after 8 s. */
const AWAY_MS = 11_000;

let folder: string;
let stack: Stack;
let proxy: FaultProxy;
let isAway = false;
let answersAway = false;
/** Storage itself answers every PATCH with it. */
let serverError: string | undefined;
/** Cuts the next body, and then Storage is away. */
let isCut = false;
let received = 0;
let onBytes: () => void = () => {};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-patience-'));
  stack = await startStack({ dataFolder: join(folder, 'stack') });
  const file = await open(join(folder, 'clip.mp4'), 'w');
  await file.writeFile(randomContent(SEED, SIZE));
  await file.close();
  proxy = await startFaultProxy(
    stack.url,
    ({ method }) => {
      if (serverError !== undefined && method === 'PATCH')
        return { kind: 'answer', status: 500, body: serverError, headers: { 'tus-resumable': '1.0.0' } };
      if (isAway && answersAway) return { kind: 'answer', status: 502, body: '<html>502 Bad Gateway</html>' };
      if (!isCut || method !== 'PATCH') return { kind: 'throttle', bytesPerSecond: 20_000_000 };
      isAway = true;
      return { kind: 'cut', afterBytes: STOP_AT };
    },
    (bytes) => {
      received += bytes;
      onBytes();
    },
  );
});
afterAll(async () => {
  await proxy?.close();
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

const upload = (path: string, changes: Record<string, string> = {}) =>
  [
    ['upload', join(folder, 'clip.mp4'), '--bucket', SOURCES, '--path', path, '--json'],
    {
      ...stack.environment,
      SUPABASE_URL: proxy.url,
      WORK_DIR: join(folder, 'work'),
      UPLOAD_DIRECT_MAX_MB: '1',
      ...changes,
    },
  ] as const;

const untilReceived = (bytes: number): Promise<void> =>
  new Promise((resolve) => {
    received = 0;
    onBytes = () => {
      if (received >= bytes) resolve();
    };
  });

const stopStack = async () => {
  isAway = true;
  await stack.stop();
};
const startAgain = async () => {
  const port = Number(new URL(stack.url).port);
  stack = await startStack({ dataFolder: join(folder, 'stack'), port });
  isAway = false;
};

it.each([
  ['resets connections', false],
  ['answers 502', true],
])('waits while what stands before a restarted Storage %s', async (_name, answers) => {
  answersAway = answers;
  const reached = untilReceived(STOP_AT);
  const command = startCommand(...upload(`restart-${answers}.mp4`));
  await reached;
  await stopStack();
  await command.sees('Waiting for Storage');
  await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
  await startAgain();
  const result = readJson(await command.ended);
  expect(result).toMatchObject({ route: 'resumable', size: SIZE });
  expect(received).toBeLessThan(SIZE * 1.05);
});

it('says where the same command goes on, and goes on there', async () => {
  answersAway = true;
  isCut = true;
  const command = startCommand(...upload('stopped.mp4'));
  await command.sees('Waiting for Storage');
  command.kill('SIGINT');
  const first = await command.ended;
  expect(first.exitCode).toBe(130);
  const { error } = readJson(first) as { error: { code: string; hint: string } };
  expect(error.code).toBe('aborted');
  // What the socket had taken may be some more than what arrived.
  expect(error.hint).toMatch(/^Run the same command again: it continues at about [12]\d\.\d MB\.$/);

  const second = await runCommand(...upload('stopped.mp4', { UPLOAD_MAX_RETRIES: '0' }));
  expect(second.exitCode).toBe(1);
  expect(readJson(second)).toMatchObject({
    error: { code: 'gateway_failed', hint: expect.stringContaining('Run the same command again: it continues at') },
  });

  isCut = false;
  isAway = false;
  received = 0;
  const third = readJson(await runCommand(...upload('stopped.mp4')));
  expect(third).toMatchObject({ attempts: 1, size: SIZE });
  expect(received).toBeLessThan(SIZE - STOP_AT / 2);
});

it('ends after the wait that was asked for where Storage fails at this request alone', async () => {
  serverError = 'Something went wrong with that request\n';
  const result = await runCommand([...upload('failing.mp4')[0], '--wait', '0.05'], upload('failing.mp4')[1]);
  serverError = undefined;
  expect(result.exitCode).toBe(1);
  expect(readJson(result)).toMatchObject({
    error: {
      code: 'storage_failed',
      message: expect.stringMatching(/answered 500.* It says that it is healthy\.$/),
      hint: expect.stringMatching(/^What fails is this request, .* Run the same command again: it continues at/),
    },
  });
  expect(readJson(await runCommand(...upload('failing.mp4')))).toMatchObject({ size: SIZE });
});
