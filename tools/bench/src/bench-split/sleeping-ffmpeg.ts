/** An ffmpeg whose encodes take as long as they are told, by sleeping: cores are not the limit then, however many workers. */
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Writes it.
 *
 * @param options.frameMs that each frame of an encode takes at least, in milliseconds.
 * @returns its path.
 */
export async function writeSleepingFfmpeg(options: {
  readonly folder: string;
  readonly ffmpegPath: string;
  readonly frameMs: number;
}): Promise<string> {
  const path = join(options.folder, 'sleeping-ffmpeg.mjs');
  const script = `#!${process.execPath}
import { spawn } from 'node:child_process';
const args = process.argv.slice(2);
const isEncode = args.includes('libx264');
const child = spawn(${JSON.stringify(options.ffmpegPath)}, args, { stdio: ['ignore', isEncode ? 'pipe' : 'inherit', 'inherit'] });
let frames = 0;
child.stdout?.on('data', (text) => {
  process.stdout.write(text);
  for (const [, count] of String(text).matchAll(/^frame=(\\d+)/gm)) frames = Number(count);
});
child.on('close', (code, signal) => setTimeout(() => process.exit(code ?? (signal ? 255 : 1)), isEncode ? frames * ${options.frameMs} : 0));
`;
  await writeFile(path, script);
  await chmod(path, 0o755);
  return path;
}
