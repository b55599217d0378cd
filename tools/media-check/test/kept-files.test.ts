/** The files on which drawn ones first failed, kept small: each with its fault in `corpus/manifest.json`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkFile, type Expected } from '../src/check/check-file.ts';
import { findTools } from '../src/find-tools.ts';
import { hasPassed, renderEntry } from '../src/report.ts';

const CORPUS = fileURLToPath(new URL('../corpus/', import.meta.url));
const { files } = JSON.parse(readFileSync(join(CORPUS, 'manifest.json'), 'utf8')) as {
  files: readonly { readonly file: string; readonly expected: Expected; readonly fault: string }[];
};

describe.each((await findTools('all')).map((tools) => [tools.ffmpeg.version, tools] as const))(
  'ffmpeg %s',
  (ffmpeg, tools) => {
    it.each(files.map((entry) => [entry.file, entry] as const))(
      '%s comes out right',
      async (file, { expected }) => {
        const { signal } = new AbortController();
        const entry = {
          file,
          ffmpeg,
          ...(await checkFile({ path: join(CORPUS, file), expected, tools, signal, onProgress: () => {} })),
        };
        expect(hasPassed([entry]), renderEntry(entry).join('\n')).toBe(true);
      },
      60_000,
    );
  },
);
