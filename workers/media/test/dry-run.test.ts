/** `media process` as a person meets it: what it would do, what it did, and what it refuses. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateTools } from '@supabase-media/media/locate-tools';
import { type ClipShop, openClipShop } from '@supabase-media/test-support/clips';
import { readJson, runCommand } from '@supabase-media/test-support/command';
import { afterAll, beforeAll, expect, it } from 'vitest';

let shop: ClipShop;
let folder: string;
beforeAll(async () => {
  shop = await openClipShop(await locateTools());
  folder = await mkdtemp(join(tmpdir(), 'media-explain-test-'));
});
afterAll(async () => {
  await shop.close();
  await rm(folder, { recursive: true, force: true });
});

const explain = async (file: string, ...args: string[]) => {
  const result = await runCommand(['process', file, '--explain', '--json', ...args]);
  expect(result.exitCode).toBe(0);
  return readJson(result) as {
    outcome: string;
    plan: { video: string };
    profile: string;
    reasons: { code: string }[];
    commands: { output: string; command: string[] }[];
  };
};

it('shows the plan and every command, and runs none of them', async () => {
  const out = join(folder, 'nothing');
  const explained = await explain(await shop.clip('variable-rate.mkv'), '--out', out, '--profile', 'quality');
  expect(explained).toMatchObject({ outcome: 'processed', profile: 'quality', plan: { video: 'encode' } });
  expect(explained.reasons.map((reason) => reason.code)).toEqual(['video_codec']);
  expect(explained.commands.map((command) => command.output)).toEqual([
    'video',
    'poster',
    'storyboard',
    'hls',
    'preview',
  ]);
  expect(explained.commands[0]?.command.join(' ')).toContain('-preset medium -crf 21');
  for (const { command } of explained.commands) expect(command).toContain('-format_whitelist');
  expect(existsSync(out)).toBe(false);
});

it('shows commands that can be run as they are', async () => {
  const { commands } = await explain(
    await shop.clip('web-ready.mp4'),
    '--out',
    folder,
    '--outputs',
    'poster,storyboard,preview',
  );
  expect(commands.map((command) => command.output)).toEqual(['video', 'poster', 'storyboard', 'preview']);
  for (const { command } of commands) {
    const [program = '', ...args] = command;
    expect(spawnSync(program, args, { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  }
  expect((await readdir(folder)).sort()).toEqual(['poster.jpg', 'preview.mp4', 'storyboard.jpg', 'video.mp4']);
});

it('makes what it is told to, in the words of people too', async () => {
  const out = join(folder, 'told');
  const result = await runCommand([
    'process',
    await shop.clip('web-ready.mp4'),
    '--out',
    out,
    '--outputs',
    'video,hls',
  ]);
  expect(result.stdout).toMatch(/^remuxed: .*\nvideo: .*video\.mp4 \(.*\)\nhls: .*master\.m3u8 \(.*, \d+ files\)\n$/);
  expect((await readdir(out)).sort()).toEqual(['hls', 'video.mp4']);
});

it.each([[['--out', 'x', '--outputs', 'film']], [['--out', 'x', '--profile', 'slow']], [[]]])(
  'refuses %j',
  async (args) => {
    const result = await runCommand(['process', await shop.clip('web-ready.mp4'), '--json', ...args]);
    expect(result.exitCode).toBe(1);
    expect(readJson(result)).toMatchObject({ error: { code: 'invalid_argument' } });
  },
);

it('takes outputs, profile and limits from the environment', async () => {
  const file = await shop.clip('wide.mp4');
  const environment = {
    MEDIA_OUTPUTS: 'video',
    MEDIA_PROFILE: 'quality',
    MEDIA_MAX_SHORT_SIDE: '480',
    MEDIA_THREADS: '1',
  };
  const explained = readJson(await runCommand(['process', file, '--explain', '--json'], environment));
  expect(explained).toMatchObject({
    code: 'too_large',
    profile: 'quality',
    requested: ['video'],
    plan: { target: { width: 854, height: 480 } },
  });
  expect(JSON.stringify(explained)).toContain('"-threads","1"');
  const short = await runCommand(['process', file, '--explain', '--json'], { MEDIA_OUTPUTS: 'film' });
  expect(readJson(short)).toMatchObject({ error: { code: 'config_invalid' } });
});
