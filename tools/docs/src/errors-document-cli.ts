#!/usr/bin/env node
/** `npm run docs:errors`: generates docs/errors.md from the table of errors. */
import { writeFile } from 'node:fs/promises';
import { renderErrorsDocument } from './errors-document.ts';

await writeFile(new URL('../../../docs/errors.md', import.meta.url), renderErrorsDocument());
