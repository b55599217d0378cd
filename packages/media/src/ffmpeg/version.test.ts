import { expect, it } from 'vitest';
import { readVersion, whyUnusable } from './version.ts';

const report = (version: string, configuration: string, program = 'ffmpeg') => {
  const found = readVersion(
    `${program} version ${version} Copyright (c) 2000-2026 the FFmpeg developers\nconfiguration: ${configuration}`,
  );
  if (found === undefined) throw new Error('no version');
  return found;
};

it.each([
  ['5.1.9-0+deb12u1', '--enable-libx264', undefined],
  ['n7.0-7-gd38bf5e08e-20240407', '--enable-gpl --enable-libx264', undefined],
  ['N-66595-gc2b38619c0-static', '--enable-libx264', undefined],
  ['4.4.2-0ubuntu0.22.04.1', '--enable-libx264', /too old, 5.1 or newer/],
  ['6.1', '--enable-gpl', /without libx264/],
  ['6.1', '', undefined],
])('judges ffmpeg %s (%s)', (version, configuration, why) => {
  const found = whyUnusable(report(version, configuration), 'ffmpeg');
  if (why === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(why);
});

it('asks no encoder of ffprobe', () => {
  expect(whyUnusable(report('6.1', '--enable-gpl', 'ffprobe'), 'ffprobe')).toBeUndefined();
});

it('knows another program', () => {
  expect(readVersion('GNU bash, version 5.2')).toBeUndefined();
});
