/** Where this repository is, and what workspaces it has. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
export const DEPLOY = join(ROOT, 'deploy');

/** The parts of a package.json that tests look into. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly description?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly repository?: { readonly type: string; readonly url: string; readonly directory: string };
  readonly publishConfig?: { readonly access: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** A package of this repository. */
export interface Workspace {
  /** From the root of the repository, `packages/core`. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Every workspace, by name. */
export function readWorkspaces(): ReadonlyMap<string, Workspace> {
  const read = (folder: string): unknown => JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
  const { workspaces } = read('') as { workspaces: readonly string[] };
  const folders = workspaces.flatMap((pattern) => {
    if (!pattern.endsWith('/*')) return [pattern];
    const parent = pattern.slice(0, -'/*'.length);
    return readdirSync(join(ROOT, parent)).map((name) => `${parent}/${name}`);
  });
  return new Map(
    folders.map((folder) => {
      const manifest = read(folder) as Manifest;
      return [manifest.name, { folder, manifest }];
    }),
  );
}
