/** `media process`: our command, which needs no server. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from '../lab.ts';
import { runCommand } from '../measure/run-command.ts';
import { MEDIA_CLI } from '../measure/start-worker.ts';
import { type Contender, commandContender } from './contender.ts';

export function mediaProcessContender(lab: Lab): Contender {
  const outDir = join(lab.folder, 'media-process');
  return commandContender(async ({ row }) => {
    const args = ['process', lab.sourceOf(row), '--out', outDir, '--outputs', row.outputs.join(',')];
    const measured = await runCommand({
      program: process.execPath,
      args: ['--', MEDIA_CLI, ...args],
      environment: { PATH: process.env.PATH, FFMPEG_PATH: lab.ffmpeg, LOG_LEVEL: 'silent' },
      folder: lab.folder,
    });
    await rm(outDir, { recursive: true });
    return measured;
  });
}
