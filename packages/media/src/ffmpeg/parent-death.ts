/**
 * A child that dies with us, however we die: killed with -9 we can end nothing ourselves, and an encode that nobody waits
 * for takes the processor from the one that replaces it. The system does it (prctl(2), PR_SET_PDEATHSIG), set by setpriv
 * (util-linux 2.33 or newer), which becomes the program under the same process id.
 */
import { type CommandLine, findUtility } from './utilities.ts';

/** The command as it is to be started; unchanged where the system has no setpriv. */
export function withParentDeath(command: CommandLine): CommandLine {
  const setpriv = findUtility('setpriv', process.env.PATH ?? '');
  if (setpriv === undefined) return command;
  return { program: setpriv, args: ['--pdeathsig', 'KILL', command.program, ...command.args] };
}
