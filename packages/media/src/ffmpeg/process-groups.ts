/**
 * The process groups of our children, so that none outlives us. Node ends its children on exit no more than any other
 * program does; a group of its own is also not reached by Ctrl-C at the terminal.
 */
const liveGroups = new Set<number>();

/** Remembers a group until {@link forgetGroup}; groups still remembered when the process exits are killed. */
export function rememberGroup(pid: number): void {
  if (liveGroups.size === 0) process.on('exit', killRemembered);
  liveGroups.add(pid);
}

/** Forgets a group that has ended. */
export function forgetGroup(pid: number): void {
  liveGroups.delete(pid);
  if (liveGroups.size === 0) process.off('exit', killRemembered);
}

/** Sends a signal to a whole group; a group that is gone already is no error. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function killRemembered(): void {
  for (const pid of liveGroups) signalGroup(pid, 'SIGKILL');
}
