#!/usr/bin/env node
/** `npm run docs:payload`: writes docs/payload.schema.json anew from the contract. */
import { writeFile } from 'node:fs/promises';
import { renderPayloadSchema } from './render-payload-schema.ts';

await writeFile(new URL('../../../docs/payload.schema.json', import.meta.url), renderPayloadSchema());
