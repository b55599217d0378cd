import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { CannotDo } from './measured.ts';
import { readTimes, runCommand } from './run-command.ts';

const base = { environment: { PATH: process.env.PATH }, folder: tmpdir() };

it('reads what a shell says of its children', () => {
  expect(readTimes('0m0.00s 0m0.01s\n1m2.50s 0m3.25s\n')).toBe(65.75);
});

it('measures a command with what it starts', async () => {
  const busy = 'node -e "const end = Date.now() + 600; while (Date.now() < end);"';
  const measured = await runCommand({ ...base, program: 'sh', args: ['-c', `${busy}; true`] });
  expect(measured.seconds).toBeGreaterThan(0.6);
  expect(measured.cpuSeconds).toBeGreaterThan(0.1);
  expect(measured.peakMb.node).toBeGreaterThan(20);
  expect(measured.togetherMb).toBeGreaterThanOrEqual(measured.peakMb.node ?? 0);
  expect(measured.children).toBeGreaterThanOrEqual(2);
});

it('tells the last words of one that fails', async () => {
  const failing = runCommand({ ...base, program: 'sh', args: ['-c', 'echo too large >&2; exit 3'] });
  await expect(failing).rejects.toThrow(new CannotDo('ended with 3: too large'));
});
