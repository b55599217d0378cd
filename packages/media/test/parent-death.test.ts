/** A worker that is killed leaves no child behind: nothing of ours could end it then. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const RUN_PROCESS = fileURLToPath(new URL('../dist/ffmpeg/run-process.js', import.meta.url));

/** Starts a child with ours and tells its process id. */
const PARENT = `
import { runProcess } from ${JSON.stringify(RUN_PROCESS)};
await runProcess({ program: '/bin/sh', args: ['-c', 'echo $$; exec sleep 60'], resources: {}, onLine: (line) => console.log(line) });
`;

/** Zombies count as ended: whoever reaps orphans takes its time. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/^\d+ \(.*\) Z/.test(stat);
}

it.runIf(process.platform === 'linux')('dies with its parent, also when that is killed with -9', async () => {
  const parent = spawn(process.execPath, ['--input-type=module', '-e', PARENT], {
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
});
