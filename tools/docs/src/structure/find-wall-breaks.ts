/** Imports across packages that go around their `exports`. Pure. */
import { posix } from 'node:path';
import { readImports, splitSpecifier, workspaceOf } from './imports.ts';
import type { SourceFile } from './source-files.ts';
import type { Workspace } from './workspaces.ts';

/**
 * Every import by a relative path into another workspace, and every import of an entry that a workspace does not offer,
 * as `file: specifier`. Files at the root belong to no workspace, and none may be imported from one.
 */
export function findWallBreaks(files: readonly SourceFile[], workspaces: readonly Workspace[]): readonly string[] {
  const byName = new Map(workspaces.map((workspace) => [workspace.name, workspace]));
  return files.flatMap(({ path, text }) => {
    const own = workspaceOf(path, workspaces);
    const isBreak = (specifier: string): boolean => {
      if (specifier.startsWith('.')) return workspaceOf(posix.join(posix.dirname(path), specifier), workspaces) !== own;
      const { name, entry } = splitSpecifier(specifier);
      const target = byName.get(name);
      return target !== undefined && !target.exports.has(entry);
    };
    return readImports(text)
      .filter(({ specifier }) => isBreak(specifier))
      .map(({ specifier }) => `${path}: ${specifier}`);
  });
}
