#!/usr/bin/env node
/** `npm run structure`: prints how the structure of the code measures, and exits with 1 if a limit is broken. */
import { fileURLToPath } from 'node:url';
import { isBroken, measureStructure } from './structure/measure.ts';
import { readSourceFiles } from './structure/source-files.ts';
import { readWorkspaces } from './structure/workspaces.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const measures = measureStructure(readSourceFiles(root), readWorkspaces(root));
const width = Math.max(...measures.map(({ name }) => name.length));
const lines = measures.flatMap((measure) => [
  `${isBroken(measure) ? '✗' : '✓'} ${measure.name.padEnd(width)}  ${measure.value} of at most ${measure.limit}`,
  ...(isBroken(measure) ? measure.found.map((item) => `    ${item}`) : []),
]);
process.stdout.write(
  `${lines.join('\n')}\n\nTests are *.test.ts, *.e2e.ts, test/, tests/ and packages/test-support/. Lines are all lines of *.ts and *.tsx.\n`,
);
process.exitCode = measures.some(isBroken) ? 1 : 0;
