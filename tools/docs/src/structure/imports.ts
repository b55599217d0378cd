/** What a file imports, read from its text. Pure. */
import { posix } from 'node:path';
import type { SourceFile } from './source-files.ts';
import type { Workspace } from './workspaces.ts';

export interface Import {
  readonly specifier: string;
  /** Imported names as the other file exports them; empty for `import 'x'`, `import('x')` and `import * as`. */
  readonly names: readonly string[];
  /** Erased by the compiler: `import type`. */
  readonly isTypeOnly: boolean;
}

const STATEMENT =
  /^[ \t]*(?:import|export)\s+(type\s+)?(?:[\w$]+\s*,?\s*)?(?:\{([^}]*)\}|\*(?:\s+as\s+[\w$]+)?)?\s*(?:from\s*)?(['"])([^'"\n]+)\3/gm;
const DYNAMIC = /\bimport\(\s*(['"])([^'"\n]+)\1\s*\)/g;

const namesOf = (list: string | undefined): string[] =>
  (list ?? '')
    .split(',')
    .map(
      (name) =>
        name
          .trim()
          .replace(/^type\s+/, '')
          .split(/\s+as\s+/)[0] ?? '',
    )
    .filter((name) => name !== '');

/** Every import and re-export of a file, static and dynamic. */
export function readImports(text: string): readonly Import[] {
  const statements = [...text.matchAll(STATEMENT)].map(([, type, names, , specifier]) => ({
    specifier: specifier ?? '',
    names: namesOf(names),
    isTypeOnly: type !== undefined,
  }));
  const dynamic = [...text.matchAll(DYNAMIC)].map(([, , specifier]) => ({
    specifier: specifier ?? '',
    names: [],
    isTypeOnly: false,
  }));
  return [...statements, ...dynamic];
}

/** The workspace that a file belongs to; undefined for files at the root. */
export const workspaceOf = (path: string, workspaces: readonly Workspace[]): Workspace | undefined =>
  workspaces.find(({ folder }) => path.startsWith(`${folder}/`));

/** Splits `@scope/name/a/b` into the package's name and the entry `./a/b`. */
export function splitSpecifier(specifier: string): { readonly name: string; readonly entry: string } {
  const parts = specifier.split('/');
  const size = specifier.startsWith('@') ? 2 : 1;
  const rest = parts.slice(size).join('/');
  return { name: parts.slice(0, size).join('/'), entry: rest === '' ? '.' : `./${rest}` };
}

/** The file of this repository that a specifier means; undefined for third-party modules and unknown entries. */
export function resolveImport(from: string, specifier: string, workspaces: readonly Workspace[]): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier);
  const { name, entry } = splitSpecifier(specifier);
  return workspaces.find((workspace) => workspace.name === name)?.exports.get(entry);
}

/** Each file with the files of this repository that it imports. */
export function importGraph(
  files: readonly SourceFile[],
  workspaces: readonly Workspace[],
): ReadonlyMap<string, readonly string[]> {
  const known = new Set(files.map(({ path }) => path));
  return new Map(
    files.map(({ path, text }) => {
      const targets = readImports(text).map(({ specifier }) => resolveImport(path, specifier, workspaces));
      return [path, [...new Set(targets.filter((target) => target !== undefined && known.has(target)))] as string[]];
    }),
  );
}
