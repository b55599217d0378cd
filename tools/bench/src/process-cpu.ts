/** Processor time of processes. Linux (proc(5)). */
import { readFileSync } from 'node:fs';

/** Of USER_HZ, which is 100 on every Linux of our platforms (proc(5), sysconf(_SC_CLK_TCK)). */
const TICKS_PER_SECOND = 100;

/** Of /proc/PID/stat from the third field on: the second, the program's name in brackets, may hold spaces. */
const fieldsOf = (stat: string): string[] => stat.slice(stat.lastIndexOf(')') + 2).split(' ');

/** User and system time in seconds: of the process itself (fields 14 and 15), and of its ended children (16 and 17). */
export function readCpuSeconds(pid: number | 'self'): { readonly own: number; readonly children: number } {
  const fields = fieldsOf(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  const seconds = (first: number) => (Number(fields[first]) + Number(fields[first + 1])) / TICKS_PER_SECOND;
  return { own: seconds(11), children: seconds(13) };
}
