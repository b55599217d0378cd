/**
 * The binaries that come as optional npm packages, for machines without ffmpeg. A package that is absent, or not made
 * for this platform, is no error.
 */
import { chmodSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const PACKAGES = {
  ffmpeg: (platform: string) => `@ffmpeg-binary/${platform}`,
  ffprobe: (platform: string) => `@ffprobe-installer/${platform}`,
} as const;

/** The path of the program inside its package, executable; `undefined` when there is none. */
export function findNpmBinary(program: 'ffmpeg' | 'ffprobe'): string | undefined {
  const name = PACKAGES[program](`${process.platform}-${process.arch}`);
  const file = process.platform === 'win32' ? `${program}.exe` : program;
  for (const folder of packageFolders(name)) {
    const path = join(folder, file);
    if (makeExecutable(path)) return path;
  }
  return undefined;
}

/** Where npm may have put the package: hoisted beside us, or inside the package that depends on it. */
function packageFolders(name: string): string[] {
  const require = createRequire(import.meta.url);
  const folders: string[] = [];
  const origins = [require, requireFrom(require, '@ffprobe-installer/ffprobe')];
  for (const origin of origins) {
    const manifest = resolveQuietly(origin, `${name}/package.json`);
    if (manifest !== undefined) folders.push(dirname(manifest));
  }
  return folders;
}

function requireFrom(require: NodeJS.Require, name: string): NodeJS.Require | undefined {
  const manifest = resolveQuietly(require, `${name}/package.json`);
  return manifest === undefined ? undefined : createRequire(manifest);
}

function resolveQuietly(require: NodeJS.Require | undefined, id: string): string | undefined {
  try {
    return require?.resolve(id);
  } catch {
    return undefined;
  }
}

/** Install scripts that set the mode may have been blocked (npm's allowScripts): then it is set here. */
function makeExecutable(path: string): boolean {
  try {
    const { mode } = statSync(path);
    if ((mode & 0o111) !== 0o111) chmodSync(path, mode | 0o755);
    return true;
  } catch (error) {
    // Present, but not ours to change: it may still run as this user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
