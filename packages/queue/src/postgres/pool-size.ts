/** How many connections one process holds to PostgreSQL, unless told. Pure. */

/** One that listens and one for queries, which take milliseconds: seven processes fit a pool of 15. */
export const DEFAULT_POOL_SIZE = 2;
