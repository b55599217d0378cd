#!/usr/bin/env node
/** `npm run env:example`: writes .env.example anew from the table of variables. */
import { writeFile } from 'node:fs/promises';
import { renderEnvExample } from '@supabase-media/worker/internal/env-example';

await writeFile(new URL('../../.env.example', import.meta.url), renderEnvExample());
