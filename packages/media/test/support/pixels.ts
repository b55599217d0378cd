/** Looks at pictures as a player shows them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { runProcess } from '../../src/ffmpeg/run-process.ts';
import type { MediaTools } from '../../src/ffmpeg/tools.ts';
import { temporaryFolder } from './tools.ts';

/** The first frame, or one at so many seconds, as a player shows it, scaled down to so many pixels of red, green and blue. */
export async function pixels(
  path: string,
  size: `${number}:${number}`,
  tools: MediaTools,
  atSeconds = 0,
): Promise<[number, number, number][]> {
  const raw = join(await temporaryFolder(), 'raw');
  const output = [
    '-frames:v',
    '1',
    '-vf',
    `format=rgb24,scale=${size}:flags=area`,
    '-pix_fmt',
    'rgb24',
    '-f',
    'rawvideo',
    raw,
  ];
  // Of a picture, a seek to 0 gives nothing.
  const seek = atSeconds > 0 ? ['-ss', String(atSeconds)] : [];
  const { exitCode, stderrTail } = await runProcess({
    program: tools.ffmpeg.path,
    args: ['-nostdin', '-v', 'error', ...seek, '-i', path, ...output],
  });
  expect(stderrTail).toBe('');
  expect(exitCode).toBe(0);
  const bytes = [...(await readFile(raw))];
  expect(bytes).not.toEqual([]);
  return Array.from({ length: bytes.length / 3 }, (_, i) => [
    bytes[i * 3] ?? 0,
    bytes[i * 3 + 1] ?? 0,
    bytes[i * 3 + 2] ?? 0,
  ]);
}

/** Which of red, green and blue are bright: `R--`, `-G-`, `--B`, `RGB`. */
export function nameColor([red, green, blue]: [number, number, number]): string {
  return `${red > 128 ? 'R' : '-'}${green > 128 ? 'G' : '-'}${blue > 128 ? 'B' : '-'}`;
}
