#!/usr/bin/env node
/** `npm run env:example`: writes .env.example anew from the tables of variables. */
import { writeFile } from 'node:fs/promises';
import { WEB_VARIABLES } from '@supabase-media/web/server/config-variables';
import { renderEnvExample } from './env-example.ts';

await writeFile(new URL('../../../.env.example', import.meta.url), renderEnvExample(WEB_VARIABLES));
