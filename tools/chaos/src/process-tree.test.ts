import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { findAlive, listDescendants } from './process-tree.ts';

it.runIf(process.platform === 'linux')('finds children and grandchildren, and knows when they are gone', async () => {
  const child = spawn('/bin/sh', ['-c', 'sleep 300 & sleep 300 & echo ready; wait'], { detached: true });
  await once(child.stdout, 'data');
  // Between fork and exec a child still has its parent's command.
  const commands = async () => (await listDescendants(Number(child.pid))).map(({ command }) => command);
  await expect.poll(commands).toEqual(['sleep 300', 'sleep 300']);
  const below = await listDescendants(Number(child.pid));
  expect(await findAlive(below)).toEqual(below);
  expect((await listDescendants(process.pid)).map(({ pid }) => pid)).toEqual(
    expect.arrayContaining([child.pid, ...below.map(({ pid }) => pid)]),
  );

  // As after kill -9 of a worker: the children live on.
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await findAlive(below)).toEqual(below);
  for (const { pid } of below) process.kill(pid, 'SIGKILL');
  await expect.poll(() => findAlive(below)).toEqual([]);
});
