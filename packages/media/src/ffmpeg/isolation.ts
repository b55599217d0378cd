/** What the system lets a child be kept from. Found once by `probeIsolation`, used for every child. */

/**
 * `net`: a network without interfaces. `user`: a user namespace, in which everybody may make the other, and from which our
 * process cannot be read.
 */
export type Namespace = 'user' | 'net';

export interface ChildIsolation {
  /** That the child gets for itself. */
  readonly namespaces: readonly Namespace[];
  /** The capabilities of root are taken from the child. */
  readonly dropsCapabilities: boolean;
}

/** How a child is started, and what a child that was started so could still do. */
export interface IsolationReport extends ChildIsolation {
  /** The child has no network. */
  readonly ownNetwork: boolean;
  /** setuid programs give a child no rights. */
  readonly noNewPrivileges: boolean;
  /** Address space, processor time and files are bounded by the system. */
  readonly limitsResources: boolean;
  /** A child can read our environment, memory and open files (proc(5)), where the keys are. */
  readonly canReadWorker: boolean;
  /** We run as root, and so does the child: files of root are within its reach. */
  readonly runsAsRoot: boolean;
}

/** Nothing but what needs no right and no trial. */
export const NO_ISOLATION: ChildIsolation = Object.freeze({ namespaces: [], dropsCapabilities: false });
