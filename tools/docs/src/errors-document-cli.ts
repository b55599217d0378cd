#!/usr/bin/env node
/** `npm run docs:errors`: writes docs/errors.md anew from the table of errors. */
import { writeFile } from 'node:fs/promises';
import { renderErrorsDocument } from './errors-document.ts';

await writeFile(new URL('../../../docs/errors.md', import.meta.url), renderErrorsDocument());
