import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { startDeadline } from './deadline.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

it('aborts in time, also after garbage was collected', async () => {
  const { signal, isOver } = startDeadline(200, new AbortController().signal);
  for (let round = 0; round < 30 && !signal.aborted; round += 1) {
    collectGarbage();
    await sleep(20, undefined, { signal }).catch(() => {});
  }
  expect([signal.aborted, isOver()]).toEqual([true, true]);
});

it('aborts with the other signal, and not by time when cleared', async () => {
  const other = new AbortController();
  const deadline = startDeadline(20, other.signal);
  deadline.clear();
  await sleep(50);
  expect(deadline.signal.aborted).toBe(false);
  other.abort();
  expect([deadline.signal.aborted, deadline.isOver()]).toEqual([true, false]);
});
