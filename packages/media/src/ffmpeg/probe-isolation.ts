/**
 * Tries once how a child can be isolated here, strongest first. Whether it works cannot be read off anywhere: kernel
 * settings, seccomp filters of containers and AppArmor all have a say. Each try starts a child as every child is started,
 * which looks at itself and at us.
 */
import { readlinkSync } from 'node:fs';
import { type ChildIsolation, type IsolationReport, NO_ISOLATION } from './isolation.ts';
import { runProcess } from './run-process.ts';
import { findUtility } from './utilities.ts';

/** A try takes some 5 ms. A machine that needs longer than this is no better off with isolated children. */
const TRY_TIMEOUT_MS = 10_000;

/**
 * What the child tells of itself, a line each. Reading the name of our root directory asks for the right that reading our
 * environment does (proc(5), PTRACE_MODE_READ_FSCREDS), and shows no secret.
 */
const LOOK = [
  'echo "net=$(readlink /proc/self/ns/net)"',
  'echo "worker=$(readlink "/proc/$1/root")"',
  `while read -r name value; do [ "$name" = NoNewPrivs: ] && echo "privileges=$value"; done < /proc/self/status`,
  'exit 0',
].join('\n');

/** What a child saw. */
export interface Sight {
  /** Its network namespace is not the worker's. */
  readonly ownNetwork: boolean;
  readonly canReadWorker: boolean;
  readonly noNewPrivileges: boolean;
}

/** Reads what a child told. Pure. @returns undefined where it did not tell all */
export function readSight(lines: readonly string[], ourNetwork: string): Sight | undefined {
  const told = new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  const network = told.get('net');
  const worker = told.get('worker');
  if (!network || worker === undefined) return undefined;
  return {
    ownNetwork: network !== ourNetwork,
    canReadWorker: worker !== '',
    noNewPrivileges: told.get('privileges') === '1',
  };
}

/**
 * What may be tried, the strongest first; the last always works. A user namespace alone: Ubuntu 24.04 allows it to
 * everybody, and no other namespace inside it. Pure.
 */
export const candidatesFor = (isRoot: boolean): readonly ChildIsolation[] =>
  isRoot
    ? [{ namespaces: ['net'], dropsCapabilities: true }, { namespaces: [], dropsCapabilities: true }, NO_ISOLATION]
    : [
        { namespaces: ['user', 'net'], dropsCapabilities: false },
        { namespaces: ['user'], dropsCapabilities: false },
        NO_ISOLATION,
      ];

/** Whether a child that was started so got what it was to get: programs may be told to do less than asked. Pure. */
export const isAsAsked = ({ namespaces }: ChildIsolation, { ownNetwork, canReadWorker }: Sight): boolean =>
  (ownNetwork || !namespaces.includes('net')) && (!canReadWorker || !namespaces.includes('user'));

/** What a system without namespaces and /proc (macOS) has. */
const unknownSystem = (runsAsRoot: boolean): IsolationReport => ({
  ...NO_ISOLATION,
  ownNetwork: false,
  noNewPrivileges: false,
  limitsResources: false,
  canReadWorker: true,
  runsAsRoot,
});

/** Finds the strongest isolation that works here. Never throws. */
export async function probeIsolation(): Promise<IsolationReport> {
  const runsAsRoot = process.getuid?.() === 0;
  if (process.platform !== 'linux') return unknownSystem(runsAsRoot);
  const limitsResources = findUtility('prlimit', process.env.PATH ?? '') !== undefined;
  for (const candidate of candidatesFor(runsAsRoot)) {
    const sight = await look(candidate);
    if (sight !== undefined && isAsAsked(candidate, sight))
      return { ...candidate, ...sight, limitsResources, runsAsRoot };
  }
  return { ...unknownSystem(runsAsRoot), limitsResources };
}

async function look(isolation: ChildIsolation): Promise<Sight | undefined> {
  const lines: string[] = [];
  try {
    const { exitCode } = await runProcess({
      program: '/bin/sh',
      args: ['-c', LOOK, 'sh', String(process.pid)],
      resources: { memoryBytes: undefined, cpuSeconds: undefined },
      isolation,
      limits: { totalMs: TRY_TIMEOUT_MS },
      onLine: (line) => lines.push(line),
    });
    return exitCode === 0 ? readSight(lines, readlinkSync('/proc/self/ns/net')) : undefined;
  } catch {
    // It does not work here, whatever the reason.
    return undefined;
  }
}
