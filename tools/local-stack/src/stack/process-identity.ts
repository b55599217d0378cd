/** Distinguishes a process from a later one with the same id. */
import { readFile } from 'node:fs/promises';
import { runProgram } from '../postgres/run-program.ts';

/**
 * When process `pid` started, in a form that is only good for comparing; undefined when there is no such process.
 * Linux: field 22 of /proc/<pid>/stat (proc(5)); elsewhere what ps says.
 */
export async function readProcessStart(pid: number): Promise<string | undefined> {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    // The second field, the name in brackets, may itself hold spaces and brackets.
    return stat
      ?.slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .at(19);
  }
  const { code, output } = await runProgram({
    program: '/bin/ps',
    args: ['-o', 'lstart=', '-p', String(pid)],
    identity: undefined,
  });
  return code === 0 ? output.trim() || undefined : undefined;
}
