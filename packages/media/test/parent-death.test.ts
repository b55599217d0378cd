/** A worker that is killed leaves no child behind: nothing of ours could end it then. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const built = (name: string) => JSON.stringify(fileURLToPath(new URL(`../dist/ffmpeg/${name}.js`, import.meta.url)));

/** Starts a child with ours and tells its process id. */
const parentWith = (isolation: string) => `
import { probeIsolation } from ${built('probe-isolation')};
import { runProcess } from ${built('run-process')};
const isolation = ${isolation};
const args = ['-c', 'echo $$; exec sleep 60'];
await runProcess({ program: '/bin/sh', args, resources: {}, isolation, onLine: (line) => console.log(line) });
`;

/** Zombies count as ended: whoever reaps orphans takes its time. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/^\d+ \(.*\) Z/.test(stat);
}

it.runIf(process.platform === 'linux').each([['undefined'], ['await probeIsolation()']])(
  'dies with its parent, also when that is killed with -9 (isolation: %s)',
  async (isolation) => {
    const parent = spawn(process.execPath, ['--input-type=module', '-e', parentWith(isolation)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(String(line));
      expect(await isRunning(pid)).toBe(true);
      parent.kill('SIGKILL');
      await once(parent, 'exit');
      await expect.poll(() => isRunning(pid), { timeout: 5000 }).toBe(false);
    } finally {
      parent.kill('SIGKILL');
    }
  },
);
