/** Makes a file by its recipe. */
import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { editHeader } from './boxes.ts';
import type { Recipe } from './recipe.ts';

/** Far more than six seconds of a tiny picture take. */
const TIMEOUT_MS = 60_000;

/** @throws what ffmpeg says when it cannot make it: not every combination that may be drawn exists. */
export async function makeFile(ffmpeg: string, recipe: Recipe, path: string, signal: AbortSignal): Promise<void> {
  const contents: Buffer[] = [];
  for (const part of recipe.parts) {
    const options = { timeout: TIMEOUT_MS, signal, maxBuffer: 1_000_000 };
    await promisify(execFile)(ffmpeg, ['-nostdin', '-y', '-v', 'error', '-threads', '2', ...part, path], options);
    if (recipe.parts.length > 1 || recipe.edits.length > 0) contents.push(await readFile(path));
  }
  if (contents.length === 0) return;
  const whole = Buffer.concat(contents);
  const edited = editHeader(whole, (moov) => {
    for (const { apply } of recipe.edits) apply(moov);
  });
  await rm(path);
  await writeFile(path, edited);
}
