/**
 * Decides where the database's files live: `<data>/postgres`, or, when the account that runs PostgreSQL cannot enter the
 * data folder, a private temporary folder that `<data>/postgres` links to. Such a folder names its data folder in turn, so
 * that the ones whose data folder was simply deleted are found and removed at a later start.
 */
import { chown, lstat, mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canEnter, findSharedTemporaryFolder, makeSharedTemporaryFolder } from './reachable.ts';
import type { ProcessIdentity } from './unprivileged-user.ts';

export interface ClusterFolder {
  /** The folder owned by the account that runs PostgreSQL; the cluster is its sub-folder `cluster`. */
  readonly folder: string;
  /** True when it lies outside the data folder. */
  readonly elsewhere: boolean;
}

const PREFIX = 'supabase-media-data-';

/** The owner of existing database files, if this process is root: PostgreSQL must run as that user. */
export async function findClusterOwner(dataFolder: string): Promise<ProcessIdentity | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const found = await stat(join(dataFolder, 'postgres')).catch(() => undefined);
  return found && found.uid > 0 ? { uid: found.uid, gid: found.gid, name: `uid ${found.uid}` } : undefined;
}

export async function prepareClusterFolder(
  dataFolder: string,
  identity: ProcessIdentity | undefined,
): Promise<ClusterFolder> {
  const folder = join(dataFolder, 'postgres');
  const linked = await readOutsideFolder(folder);
  if (linked !== undefined) {
    const there = await lstat(linked).catch(() => undefined);
    if (there?.isDirectory() && there.uid === (identity?.uid ?? there.uid)) return { folder: linked, elsewhere: true };
    await rm(folder); // A cleaned temporary folder: start with a new one.
  }
  if (identity && !(await canEnter(dataFolder, identity))) {
    await removeForgottenFolders(identity);
    const outside = await makeSharedTemporaryFolder(identity, PREFIX);
    await symlink(outside, folder);
    await writeFile(join(outside, 'origin'), folder);
    return { folder: outside, elsewhere: true };
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (identity) await chown(folder, identity.uid, identity.gid);
  return { folder, elsewhere: false };
}

/** Removes the database's files, wherever they are. */
export async function removeClusterFolder(dataFolder: string): Promise<void> {
  const folder = join(dataFolder, 'postgres');
  const outside = await readOutsideFolder(folder);
  if (outside !== undefined) await rm(outside, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
}

/** Where the link leads, if it is one, and one of ours: nothing else outside of the data folder is ever touched. */
async function readOutsideFolder(folder: string): Promise<string | undefined> {
  const target = await readlink(folder).catch(() => undefined);
  return target?.split('/').at(-1)?.startsWith(PREFIX) ? target : undefined;
}

async function removeForgottenFolders(identity: ProcessIdentity): Promise<void> {
  const parent = await findSharedTemporaryFolder(identity);
  for (const name of await readdir(parent)) {
    if (!name.startsWith(PREFIX)) continue;
    const outside = join(parent, name);
    const origin = await readFile(join(outside, 'origin'), 'utf8').catch(() => undefined);
    // Written after the link: without it, the folder may be one that is just being created.
    if (origin === undefined || (await readOutsideFolder(origin)) === outside) continue;
    if ((await lstat(outside)).uid === identity.uid) await rm(outside, { recursive: true, force: true });
  }
}
