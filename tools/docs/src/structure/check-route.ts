/** Verifies a declared route through the code: a reader opens the first file and follows each call to the next. Pure. */
import { readImports, resolveImport } from './imports.ts';
import type { SourceFile } from './source-files.ts';
import type { Workspace } from './workspaces.ts';

/** One hop: the file that calls, the function that it calls, and the file that has it, or a module such as `node:fs`. */
export type Hop = readonly [from: string, calls: string, to: string];

/** Without imports, comments and the contents of plain strings, which may mention a function without calling it. */
const codeOf = (text: string): string =>
  text
    .replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
    .replace(/^(?:import|export)\s[^;]*?from\s*['"][^'"]+['"];?/gm, '')
    .replace(/'[^'\n]*'/g, "''");

/**
 * What is wrong with a route; empty if the code confirms every hop. A hop is confirmed if `from` imports the function
 * from `to` and uses it, or if it calls a function of that name that `to` has: that is how injected objects are called.
 */
export function checkRoute(
  route: readonly Hop[],
  files: readonly SourceFile[],
  workspaces: readonly Workspace[],
): readonly string[] {
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const reached = new Set(route.slice(0, 1).map(([from]) => from));
  return route.flatMap(([from, calls, to]) => {
    const label = `${from} → ${calls} → ${to}`;
    const isReached = reached.has(from);
    reached.add(to);
    if (!isReached) return [`${label}: no earlier hop leads to ${from}`];
    const text = texts.get(from);
    const target = texts.get(to);
    if (text === undefined) return [`${label}: there is no ${from}`];
    if (target === undefined && !to.startsWith('node:')) return [`${label}: there is no ${to}`];
    const code = codeOf(text);
    const isImported = readImports(text).some(
      ({ specifier, names }) =>
        names.includes(calls) && (specifier === to || resolveImport(from, specifier, workspaces) === to),
    );
    if (isImported && new RegExp(`\\b${calls}\\b`).test(code)) return [];
    const isInjected =
      target !== undefined &&
      new RegExp(`\\b${calls}\\(`).test(code) &&
      new RegExp(`\\b${calls}\\b`).test(codeOf(target));
    return isInjected ? [] : [`${label}: ${from} does not call it`];
  });
}

/** The files that a reader of the route opens. */
export const filesOf = (route: readonly Hop[]): readonly string[] => [
  ...new Set(route.flatMap(([from, , to]) => (to.startsWith('node:') ? [from] : [from, to]))),
];
