#!/usr/bin/env node
/** `npm run docs:configuration`: generates docs/configuration.md. */
import { writeFile } from 'node:fs/promises';
import { renderConfiguration } from './configuration.ts';

await writeFile(new URL('../../../docs/configuration.md', import.meta.url), renderConfiguration());
