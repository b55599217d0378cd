/** The workspaces of the repository, with what their `package.json` offers and needs. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

export interface Workspace {
  /** From the root of the repository: `packages/core`. */
  readonly folder: string;
  readonly name: string;
  /** Each entry of `exports` and its source file, from the root: `./errors` and `packages/core/src/errors.ts`. */
  readonly exports: ReadonlyMap<string, string>;
  /** The names in `dependencies`; not those in `devDependencies`. */
  readonly dependencies: readonly string[];
}

interface PackageJson {
  readonly name: string;
  readonly workspaces?: readonly string[];
  readonly exports?: Readonly<Record<string, string | { readonly source?: string; readonly default?: string }>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const readPackage = (file: string): PackageJson => JSON.parse(readFileSync(file, 'utf8')) as PackageJson;

/** Expands `packages/*`; the other patterns name one folder. */
const foldersOf = (root: string, pattern: string): readonly string[] =>
  pattern.endsWith('/*')
    ? readdirSync(join(root, pattern.slice(0, -2))).map((name) => `${pattern.slice(0, -2)}/${name}`)
    : [pattern];

/** Reads every workspace that the root's `package.json` names. */
export function readWorkspaces(root: string): readonly Workspace[] {
  const { workspaces = [] } = readPackage(join(root, 'package.json'));
  return workspaces
    .flatMap((pattern) => foldersOf(root, pattern))
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => {
      const { name, exports = {}, dependencies = {} } = readPackage(join(root, folder, 'package.json'));
      const entries = Object.entries(exports).map(([entry, target]) => {
        const file = typeof target === 'string' ? target : (target.source ?? target.default ?? '');
        return [entry, posix.join(folder, file)] as const;
      });
      return { folder, name, exports: new Map(entries), dependencies: Object.keys(dependencies) };
    });
}
