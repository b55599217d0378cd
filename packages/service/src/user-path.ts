/** Paths on a command line. */
import { isAbsolute, resolve } from 'node:path';

/** Resolves against the folder of the caller: npm runs scripts in the package's folder and keeps the caller's in INIT_CWD. */
export const resolveUserPath = (path: string): string =>
  isAbsolute(path) ? path : resolve(process.env.INIT_CWD ?? process.cwd(), path);
