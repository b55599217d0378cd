#!/usr/bin/env node
/** `npm run docs:payload`: generates docs/payload.schema.json from the contract. */
import { writeFile } from 'node:fs/promises';
import { renderPayloadSchema } from './render-payload-schema.ts';

await writeFile(new URL('../../../docs/payload.schema.json', import.meta.url), renderPayloadSchema());
