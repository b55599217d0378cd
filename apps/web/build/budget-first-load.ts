/** Fails the build if the page needs too much JavaScript for its first load. */
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

export interface FirstLoadBudget {
  /** In bytes, compressed with gzip at its usual level. */
  readonly maxGzipBytes: number;
}

interface Chunk {
  readonly type: 'chunk';
  readonly fileName: string;
  readonly code: string;
  readonly isEntry: boolean;
  readonly imports: readonly string[];
}

/** Every chunk of the first load: entries and their static imports, without dynamic ones. */
function listFirstLoad(chunks: ReadonlyMap<string, Chunk>): readonly Chunk[] {
  const wanted = new Set<string>();
  const want = (name: string): void => {
    const chunk = chunks.get(name);
    if (chunk === undefined || wanted.has(name)) return;
    wanted.add(name);
    chunk.imports.forEach(want);
  };
  for (const chunk of chunks.values()) if (chunk.isEntry) want(chunk.fileName);
  return [...wanted].flatMap((name) => chunks.get(name) ?? []);
}

export function budgetFirstLoad({ maxGzipBytes }: FirstLoadBudget): Plugin {
  return {
    name: 'budget-first-load',
    apply: 'build',
    generateBundle(_options, bundle) {
      const chunks = new Map(
        Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file] as const] : [])),
      );
      const sizes = listFirstLoad(chunks).map((chunk) => [chunk.fileName, gzipSync(chunk.code).length] as const);
      const total = sizes.reduce((sum, [, bytes]) => sum + bytes, 0);
      const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} KB`;
      const words = `First load: ${kilobytes(total)} of JavaScript (gzip); the limit is ${kilobytes(maxGzipBytes)}.`;
      if (total > maxGzipBytes)
        this.error(`${words}\n${sizes.map(([name, bytes]) => `  ${name} ${kilobytes(bytes)}`).join('\n')}`);
      this.info(words);
    },
  };
}
