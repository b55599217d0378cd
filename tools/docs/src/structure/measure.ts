/** Measures the structure of the code against its limits. Pure, over files and workspaces that were read before. */
import { checkRoute, filesOf } from './check-route.ts';
import { countLines, findMentions, findTwoGib } from './count-mentions.ts';
import { findCircles } from './find-circles.ts';
import { findWallBreaks } from './find-wall-breaks.ts';
import { importGraph, workspaceOf } from './imports.ts';
import { isTest, type SourceFile } from './source-files.ts';
import { JOB_TYPE, JOURNEY, LIMITS, type MeasureName, OUTPUT, SPAWN, TOO_LARGE } from './tables.ts';
import type { Workspace } from './workspaces.ts';

export interface Measure {
  readonly name: MeasureName;
  readonly value: number;
  readonly limit: number;
  /** What was counted, where it is a list. */
  readonly found: readonly string[];
}

export const isBroken = ({ value, limit }: Measure): boolean => value > limit;

const showCircles = (graph: ReadonlyMap<string, readonly string[]>): readonly string[] =>
  findCircles(graph).map((circle) => circle.join(', '));

/** Each workspace with the workspaces that its files import, tests aside. */
function packageGraph(files: readonly SourceFile[], workspaces: readonly Workspace[]): Map<string, string[]> {
  const graph = new Map<string, string[]>(workspaces.map(({ name }) => [name, []]));
  for (const [path, targets] of importGraph(
    files.filter(({ path }) => !isTest(path)),
    workspaces,
  )) {
    const from = workspaceOf(path, workspaces);
    for (const target of targets) {
      const to = workspaceOf(target, workspaces);
      if (from !== undefined && to !== undefined && from !== to) graph.get(from.name)?.push(to.name);
    }
  }
  return graph;
}

/** Takes every measure of {@link LIMITS}, in its order. */
export function measureStructure(files: readonly SourceFile[], workspaces: readonly Workspace[]): readonly Measure[] {
  const dependencies = new Map(workspaces.map(({ name, dependencies }) => [name, dependencies]));
  const found: Record<MeasureName, readonly string[] | number> = {
    'imports across packages that are deep or relative': findWallBreaks(files, workspaces),
    'import circles between files': showCircles(importGraph(files, workspaces)),
    'circles between packages, by dependencies': showCircles(dependencies),
    'circles between packages, by imports outside tests': showCircles(packageGraph(files, workspaces)),
    'declared hops that the code does not confirm': [JOURNEY, SPAWN, TOO_LARGE].flatMap((route) =>
      checkRoute(route, files, workspaces),
    ),
    "files on the worker's journey": filesOf(JOURNEY),
    'hops from the story to spawn': SPAWN.map(([from, calls]) => `${from}: ${calls}`),
    'files for a 413': filesOf(TOO_LARGE),
    'places that write 2 GiB': findTwoGib(files.filter(({ path }) => !isTest(path))),
    'files changed to add a job type': findMentions(JOB_TYPE, files),
    'files changed to add an output': findMentions(OUTPUT, files),
    'lines of TypeScript outside tests': countLines(files, [...JOB_TYPE.own, ...OUTPUT.own]),
  };
  return Object.entries(LIMITS).map(([name, limit]) => {
    const result = found[name as MeasureName];
    return typeof result === 'number'
      ? { name: name as MeasureName, value: result, limit, found: [] }
      : { name: name as MeasureName, value: result.length, limit, found: result };
  });
}
