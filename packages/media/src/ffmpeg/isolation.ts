/** What the system lets a child be kept from. Found once by `probeIsolation`, used for every child. */

/**
 * Where a child gets a network without interfaces from: `capability` (we may make one), `user-namespace` (everybody may,
 * inside a user namespace of their own).
 */
export type NetworkSource = 'capability' | 'user-namespace';

export interface ChildIsolation {
  /** `undefined`: the child has our network. */
  readonly network: NetworkSource | undefined;
  /** The capabilities of root are taken from the child. */
  readonly dropsCapabilities: boolean;
}

/** How a child is started, and what a child that was started so could still do. */
export interface IsolationReport extends ChildIsolation {
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
export const NO_ISOLATION: ChildIsolation = Object.freeze({ network: undefined, dropsCapabilities: false });
