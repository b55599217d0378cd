/** Workers that are killed while they encode one video in parts; `npm run chaos:split` does it fifty times among four. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const CLI = fileURLToPath(new URL('../dist/split-kills-cli.js', import.meta.url));

it('lose their parts alone, and leave nothing', async () => {
  const size = ['--kills', '2', '--workers', '2', '--seconds', '24', '--frame-ms', '80'];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--', CLI, ...size]);
  expect(JSON.parse(stdout), stderr).toMatchObject({ problems: [], kills: 2, parts: 6 });
}, 240_000);
