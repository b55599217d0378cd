/** Plain Node, as an ES module and as CommonJS: type-checked, compiled, and run against the queue. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { stackValue } from '@supabase-media/test-support/stack';
import { beforeAll, expect, it } from 'vitest';
import { installApp } from './support/install-app.ts';
import { run } from './support/run.ts';
import { makeVideo } from './support/use-page.ts';

let folder: string;
beforeAll(async () => {
  ({ folder } = await installApp('node'));
  await run(['npx', '--no-install', 'tsc'], folder);
});

it.each(['module.mjs', 'commonjs.cjs'])('%s enqueues a video and waits for it', async (script) => {
  const path = `packed/${randomUUID()}.mp4`;
  const key = stackValue('SUPABASE_SERVICE_ROLE_KEY');
  const stored = await fetch(`${stackValue('SUPABASE_URL')}/storage/v1/object/project-videos/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, apikey: key, 'content-type': 'video/mp4' },
    body: await readFile(await makeVideo()),
  });
  expect(stored.status).toBe(200);
  const { stdout, stderr } = await run(['node', script, 'project-videos', path], folder, {
    DATABASE_URL: stackValue('DATABASE_URL'),
  });
  expect(JSON.parse(stdout)).toMatchObject({ outcome: expect.stringMatching(/^(remuxed|encoded|copied|\w+)$/) });
  // Such as ExperimentalWarning, which Node 20 and 22.11 write for require of an ES module.
  expect(stderr.replace(/^\(node:\d+\) ExperimentalWarning: .*\n.*\n/m, '')).toBe('');
});
