/**
 * Whether another account can get at a path. As root the server runs as someone else, and a clone in /root or in a
 * `mktemp -d` (mode 0700) is closed to them: seen as "could not change directory" and "permission denied".
 */
import { chmod, chown, lstat, mkdtemp, realpath, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { StackError } from '../stack/stack-error.ts';
import type { ProcessIdentity } from './unprivileged-user.ts';

/** True when `identity` may enter the folder `path` and every folder above it; always true for our own identity. */
export async function canEnter(path: string, identity: ProcessIdentity | undefined): Promise<boolean> {
  if (!identity) return true;
  for (let folder = await realpath(path); ; folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder);
    const bit = uid === identity.uid ? 0o100 : gid === identity.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * The first temporary folder that `identity` may enter. /var/tmp comes first because it outlives a reboot.
 * @throws StackError when there is none.
 */
export async function findSharedTemporaryFolder(identity: ProcessIdentity | undefined): Promise<string> {
  for (const folder of ['/var/tmp', '/tmp', tmpdir()]) {
    const found = await lstat(folder).catch(() => undefined);
    if (found && (await canEnter(folder, identity))) return folder;
  }
  throw new StackError(
    `No temporary folder can be entered by the account ${identity?.name ?? 'of this process'}.`,
    'Make /var/tmp or /tmp enterable by everybody: chmod 1777 /tmp',
  );
}

/** Makes a new folder in a shared temporary folder, owned by `identity` and closed to everybody else. */
export async function makeSharedTemporaryFolder(identity: ProcessIdentity, prefix: string): Promise<string> {
  const folder = await mkdtemp(join(await findSharedTemporaryFolder(identity), prefix));
  await chmod(folder, 0o700);
  await chown(folder, identity.uid, identity.gid);
  return folder;
}
