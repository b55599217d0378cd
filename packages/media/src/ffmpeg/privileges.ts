/**
 * What a child may not do, and when it ends: set by setpriv (util-linux 2.33 or newer), which becomes the program under
 * the same process id. It gains no rights by setuid programs or by files with capabilities (prctl(2),
 * PR_SET_NO_NEW_PRIVS), and dies with us however we die (PR_SET_PDEATHSIG): killed with -9 we can end nothing ourselves,
 * and an encode that nobody waits for takes the processor from the one that replaces it.
 */
import { type CommandLine, findUtility } from './utilities.ts';

/**
 * The one capability that is left to a child of root: files of every owner can be read and written, as root expects of a
 * program that it starts. Without the others it can trace no process, mount nothing and configure no network.
 */
const LEFT_TO_ROOT = 'dac_override';

export interface PrivilegeOptions {
  /** Give up the capabilities of root but {@link LEFT_TO_ROOT}. Needs CAP_SETPCAP. */
  readonly dropsCapabilities: boolean;
}

/** The command as it is to be started; unchanged where the system has no setpriv. */
export function withoutPrivileges(command: CommandLine, options: PrivilegeOptions): CommandLine {
  const setpriv = findUtility('setpriv', process.env.PATH ?? '');
  return setpriv === undefined ? command : setprivCommand(setpriv, command, options);
}

/** The arguments of setpriv. Pure. */
export function setprivCommand(setpriv: string, command: CommandLine, options: PrivilegeOptions): CommandLine {
  const dropped = options.dropsCapabilities ? ['--inh-caps', '-all', '--bounding-set', `-all,+${LEFT_TO_ROOT}`] : [];
  return {
    program: setpriv,
    args: ['--pdeathsig', 'KILL', '--no-new-privs', ...dropped, command.program, ...command.args],
  };
}
