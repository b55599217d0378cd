/**
 * Namespaces of a child's own: unshare (util-linux 2.34 or newer) makes them and becomes the program under the same
 * process id. Without network interfaces it reaches neither the Internet nor servers of this machine, abstract Unix
 * sockets included; sockets that are files are a matter of their permissions.
 *
 * A user namespace closes more: only a process of our own namespace may read our environment and memory (capabilities(7)
 * are looked up in the namespace of the process that is read).
 */
import type { Namespace } from './isolation.ts';
import { type CommandLine, findUtility } from './utilities.ts';

const FLAGS: Readonly<Record<Namespace, readonly string[]>> = {
  // Files are opened under the same user and groups as before.
  user: ['--user', '--map-current-user'],
  net: ['--net'],
};

/** The command as it is to be started; unchanged where the system has no unshare. */
export function withNamespaces(command: CommandLine, namespaces: readonly Namespace[]): CommandLine {
  if (namespaces.length === 0) return command;
  const unshare = findUtility('unshare', process.env.PATH ?? '');
  return unshare === undefined ? command : unshareCommand(unshare, command, namespaces);
}

/** The arguments of unshare. Pure. */
export const unshareCommand = (
  unshare: string,
  command: CommandLine,
  namespaces: readonly Namespace[],
): CommandLine => ({
  program: unshare,
  args: [...namespaces.flatMap((namespace) => FLAGS[namespace]), command.program, ...command.args],
});
