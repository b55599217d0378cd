import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkRoute, filesOf } from './check-route.ts';
import { countLines, findMentions, findTwoGib } from './count-mentions.ts';
import { findCircles } from './find-circles.ts';
import { findWallBreaks } from './find-wall-breaks.ts';
import { readImports } from './imports.ts';
import { isBroken, measureStructure } from './measure.ts';
import { readSourceFiles } from './source-files.ts';
import { PENDING, SPAWN } from './tables.ts';
import { readWorkspaces, type Workspace } from './workspaces.ts';

const workspaces: readonly Workspace[] = [
  { folder: 'packages/a', name: '@x/a', exports: new Map([['./one', 'packages/a/src/one.ts']]), dependencies: [] },
  { folder: 'packages/b', name: '@x/b', exports: new Map(), dependencies: ['@x/a'] },
];

const file = (path: string, text: string) => ({ path, text });

describe('imports', () => {
  it('are read in every form', () => {
    const text = [
      "import { type A, b as c } from './a.ts';",
      "import type { D } from 'd';",
      "import 'side-effect';",
      "import * as all from 'all';",
      "export { e } from 'e';",
      "import def, {\n  f,\n} from 'f';",
      "const g = await import('g');",
    ].join('\n');
    expect(readImports(text).map(({ specifier, names }) => [specifier, ...names])).toEqual([
      ['./a.ts', 'A', 'b'],
      ['d', 'D'],
      ['side-effect'],
      ['all'],
      ['e', 'e'],
      ['f', 'f'],
      ['g'],
    ]);
  });

  it('across packages must go by name to what is offered', () => {
    const files = [
      file('packages/b/src/good.ts', "import { one } from '@x/a/one';\nimport './own.ts';\nimport 'third-party/deep';"),
      file('packages/b/src/deep.ts', "import { one } from '@x/a/src/one.ts';"),
      file('packages/b/test/relative.test.ts', "import { one } from '../../a/src/one.ts';"),
      file('packages/b/src/bare.ts', "import { one } from '@x/a';"),
    ];
    expect(findWallBreaks(files, workspaces)).toEqual([
      'packages/b/src/deep.ts: @x/a/src/one.ts',
      'packages/b/test/relative.test.ts: ../../a/src/one.ts',
      'packages/b/src/bare.ts: @x/a',
    ]);
  });
});

it('finds circles, those of one node too', () => {
  const graph = new Map([
    ['a', ['b']],
    ['b', ['c']],
    ['c', ['a', 'd']],
    ['d', []],
    ['e', ['e']],
  ]);
  expect(findCircles(graph)).toEqual([['a', 'b', 'c'], ['e']]);
});

describe('a route', () => {
  const files = [
    file('packages/b/src/start.ts', "import { one } from '@x/a/one';\nconst two = 2;\none(two);\nstore.save();"),
    file('packages/a/src/one.ts', "import { spawn } from 'node:child_process';\nexport const one = () => spawn('x');"),
    file('packages/b/src/store.ts', 'export const store = { save: () => {} };'),
    file('packages/b/src/idle.ts', "import { one } from '@x/a/one';\n// one() is not called."),
  ];

  it('is confirmed by imports that are used, and by methods of injected objects', () => {
    const route = [
      ['packages/b/src/start.ts', 'one', 'packages/a/src/one.ts'],
      ['packages/a/src/one.ts', 'spawn', 'node:child_process'],
      ['packages/b/src/start.ts', 'save', 'packages/b/src/store.ts'],
    ] as const;
    expect(checkRoute(route, files, workspaces)).toEqual([]);
    expect(filesOf(route)).toHaveLength(3);
  });

  it.each([
    ['packages/b/src/start.ts', 'two', 'packages/a/src/one.ts', 'does not call it'],
    ['packages/b/src/idle.ts', 'one', 'packages/a/src/one.ts', 'does not call it'],
    ['packages/b/src/start.ts', 'one', 'packages/a/src/gone.ts', 'there is no'],
  ])('is not confirmed from %s by %s to %s', (from, calls, to, problem) => {
    expect(checkRoute([[from, calls, to]], files, workspaces).join()).toContain(problem);
  });

  it('has no hop that starts at a file not opened before', () => {
    const route = [
      ['packages/b/src/start.ts', 'save', 'packages/b/src/store.ts'],
      ['packages/a/src/one.ts', 'spawn', 'node:child_process'],
    ] as const;
    expect(checkRoute(route, files, workspaces).join()).toContain('no earlier hop');
  });
});

it('follows the declared route to spawn hop by hop', () => {
  expect(SPAWN.slice(1).every(([from], index) => from === SPAWN[index]?.[2])).toBe(true);
  expect(SPAWN.at(-1)?.slice(1)).toEqual(['spawn', 'node:child_process']);
});

describe('counts', () => {
  it.each(['2147483648', '2_147_483_648', '2 * 1024 ** 3', '2 * 1024 * 1024 * 1024', '2 ** 31', '2048 * 1024 * 1024'])(
    'find 2 GiB written as %s',
    (expression) => expect(findTwoGib([file('a.ts', `const a = ${expression};`)])).toHaveLength(1),
  );

  it('find 2 GiB computed from a constant once, where it is written', () => {
    const text = 'const MIB = 1024 * 1024;\nconst MAX = 2 * 1024 * MIB;\nconst CHUNK = 6 * MIB;\nuse(MAX);';
    expect(findTwoGib([file('a.ts', text)])).toEqual(['a.ts: 2 * 1024 * 1024 * 1024']);
    expect(findTwoGib([file('b.ts', 'const MAX = 2 ** 31;\nuse(MAX, MAX);')])).toEqual(['b.ts: 2 ** 31']);
  });

  it.each(['2 * 1024 * 1024', '2_000_000_000', '1024 ** 3', '// 2147483648', '2 ** 32'])(
    'do not take %s for 2 GiB',
    (expression) => expect(findTwoGib([file('a.ts', expression)])).toEqual([]),
  );

  it('leave out tests, a feature itself and its users', () => {
    const files = [
      file('src/extra/extra.ts', 'extra\n'),
      file('src/catalog.ts', 'extra\n'),
      file('src/catalog.test.ts', 'extra\n'),
      file('src/page/card.ts', 'extra\n'),
      file('src/other.ts', 'two\nlines\n'),
    ];
    const feature = { name: 'extra', pattern: /extra/, own: ['src/extra/'], users: ['src/page/'] };
    expect(findMentions(feature, files)).toEqual(['src/catalog.ts']);
    expect(countLines(files, feature.own)).toBe(4);
  });
});

describe('the repository', () => {
  const root = fileURLToPath(new URL('../../../..', import.meta.url));
  const measures = measureStructure(readSourceFiles(root), readWorkspaces(root));

  it.each(measures.filter(({ name }) => !PENDING.includes(name)))('keeps the limit: $name', (measure) => {
    expect(isBroken(measure), measure.found.join('\n')).toBe(false);
  });
});
