/** How a handler says that its job waits for others. */

/** Thrown by a handler to have its job run again when its children have ended; it counts as no failure. */
export class WaitsForChildren extends Error {
  constructor() {
    super('The job waits for others.');
  }
}
