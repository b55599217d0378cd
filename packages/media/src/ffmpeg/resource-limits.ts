/**
 * Limits of the system for a child: address space, processor time, size of a file, no core dumps. prlimit (util-linux) sets them and
 * becomes the program, under the same process id. Without it (macOS, BusyBox) the container's limits are all there is.
 */
import { readFileSync } from 'node:fs';
import type { ChildResources } from './sandbox.ts';
import { type CommandLine, findUtility } from './utilities.ts';

/** The command as it is to be started. */
export function withResourceLimits(command: CommandLine, resources: ChildResources): CommandLine {
  const prlimit = findUtility('prlimit', process.env.PATH ?? '');
  if (prlimit === undefined) return command;
  return prlimitCommand({ prlimit, command, resources, ceilings: readCeilings() });
}

export interface PrlimitOptions {
  readonly prlimit: string;
  readonly command: CommandLine;
  readonly resources: ChildResources;
  /** The hard limits that hold for us already; no child can be given more. `undefined`: none is known. */
  readonly ceilings: ChildResources;
}

/** The arguments of prlimit. Pure. */
export function prlimitCommand({ prlimit, command, resources, ceilings }: PrlimitOptions): CommandLine {
  const memory = lower(resources.memoryBytes, ceilings.memoryBytes);
  const cpu = lower(resources.cpuSeconds, ceilings.cpuSeconds);
  const file = lower(resources.fileBytes, ceilings.fileBytes);
  return {
    program: prlimit,
    args: [
      '--core=0',
      ...(memory === undefined ? [] : [`--as=${memory}`]),
      ...(cpu === undefined ? [] : [`--cpu=${cpu}`]),
      ...(file === undefined ? [] : [`--fsize=${file}`]),
      command.program,
      ...command.args,
    ],
  };
}

function lower(wanted: number | undefined, ceiling: number | undefined): number | undefined {
  return wanted === undefined ? undefined : Math.min(wanted, ceiling ?? Infinity);
}

/** proc(5): name, soft limit, hard limit, unit; `unlimited` is no number. */
function readCeilings(): PrlimitOptions['ceilings'] {
  const text = readText('/proc/self/limits');
  const hardLimit = (name: string) => {
    const words = new RegExp(`^${name} +\\S+ +(\\d+)`, 'm').exec(text);
    return words?.[1] === undefined ? undefined : Number(words[1]);
  };
  return {
    memoryBytes: hardLimit('Max address space'),
    cpuSeconds: hardLimit('Max cpu time'),
    fileBytes: hardLimit('Max file size'),
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
