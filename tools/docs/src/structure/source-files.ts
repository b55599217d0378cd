/** Reads the TypeScript files that git knows, from the working tree. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SourceFile {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** A test is `*.test.ts`, `*.e2e.ts`, and everything in a folder `test/`, in `tests/` and in `packages/test-support/`. */
export const isTest = (path: string): boolean =>
  /\.(test|e2e)\.tsx?$/.test(path) || /(^|\/)tests?\//.test(path) || path.startsWith('packages/test-support/');

/** All `*.ts` and `*.tsx` files that are tracked by git, and new ones that git does not ignore. */
export function readSourceFiles(root: string): readonly SourceFile[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.tsx'];
  const paths = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n');
  return paths
    .filter((path) => path !== '' && existsSync(join(root, path)))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}
