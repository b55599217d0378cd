/**
 * The one place that puts a child's command into what confines it: unshare → setpriv → prlimit → program. Each becomes
 * the next under the same process id, so signals, process groups and exit codes are the program's own.
 */
import { type ChildIsolation, NO_ISOLATION } from './isolation.ts';
import { withNamespaces } from './namespaces.ts';
import { withoutPrivileges } from './privileges.ts';
import { withResourceLimits } from './resource-limits.ts';
import type { ChildResources } from './sandbox.ts';
import type { CommandLine } from './utilities.ts';

export interface Confinement {
  readonly resources: ChildResources;
  /** {@link NO_ISOLATION} by default. */
  readonly isolation?: ChildIsolation | undefined;
}

/**
 * The command as it is to be started. unshare is first, because it needs the capabilities that setpriv takes away; limits
 * are last, so that they bound the program and not what prepares it.
 */
export function confine(command: CommandLine, { resources, isolation = NO_ISOLATION }: Confinement): CommandLine {
  const limited = withResourceLimits(command, resources);
  return withNamespaces(withoutPrivileges(limited, isolation), isolation.namespaces);
}
