/**
 * A network without interfaces for a child: unshare (util-linux 2.34 or newer) makes the namespace and becomes the
 * program under the same process id. It reaches neither the Internet nor servers of this machine, abstract Unix sockets
 * included; sockets that are files are a matter of their permissions.
 *
 * A user namespace closes more than the network: only a process of our own namespace may read our environment and memory
 * (capabilities(7) are looked up in the namespace of the process that is read).
 */
import type { NetworkSource } from './isolation.ts';
import { type CommandLine, findUtility } from './utilities.ts';

const FLAGS: Readonly<Record<NetworkSource, readonly string[]>> = {
  capability: ['--net'],
  // Files are opened under the same user and groups as before.
  'user-namespace': ['--user', '--map-current-user', '--net'],
};

/** The command as it is to be started; unchanged where the system has no unshare. */
export function withoutNetwork(command: CommandLine, source: NetworkSource | undefined): CommandLine {
  if (source === undefined) return command;
  const unshare = findUtility('unshare', process.env.PATH ?? '');
  return unshare === undefined ? command : unshareCommand(unshare, command, source);
}

/** The arguments of unshare. Pure. */
export const unshareCommand = (unshare: string, command: CommandLine, source: NetworkSource): CommandLine => ({
  program: unshare,
  args: [...FLAGS[source], command.program, ...command.args],
});
