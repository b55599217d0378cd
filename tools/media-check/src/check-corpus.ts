/** Every file of a folder, one after the other, with each ffmpeg. */
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { printLine } from '@supabase-media/local-stack/stack/output';
import type { MediaTools } from '@supabase-media/media/tools';
import { createProgressBar } from '@supabase-media/worker/cli/progress-bar';
import { checkFile, type Expected } from './check/check-file.ts';
import { type CheckedEntry, HEADER, hasPassed, renderEntry, renderSummary } from './report.ts';

export interface CheckCorpusOptions {
  readonly folder: string;
  /** Names of files; all when empty. */
  readonly only: readonly string[];
  readonly tools: readonly MediaTools[];
  readonly json: boolean;
  readonly signal: AbortSignal;
}

interface ManifestEntry {
  readonly file: string;
  readonly expected?: Expected;
}

/** Checks and reports. Returns the exit code: 1 when something is wrong. */
export async function checkCorpus({ folder, only, tools, json, signal }: CheckCorpusOptions): Promise<number> {
  const files = (await listFiles(folder)).filter(({ file }) => only.length === 0 || only.includes(file));
  const runs = tools.flatMap((theTools) => files.map((entry) => [theTools, entry] as const));
  const bar = await createProgressBar({ title: 'Checking', isShown: process.stderr.isTTY && !process.stdout.isTTY });
  const entries: CheckedEntry[] = [];
  const say = (lines: readonly string[]) => json || lines.forEach((line) => void printLine(line));
  let shown: string | undefined;
  for (const [theTools, { file, expected }] of runs) {
    const ffmpeg = theTools.ffmpeg.version;
    if (ffmpeg !== shown) say([`ffmpeg ${ffmpeg}`, HEADER]);
    shown = ffmpeg;
    const onProgress = (done: number) => bar.update((entries.length + done) / runs.length, file);
    const checked = await checkFile({
      path: resolve(folder, file),
      expected,
      tools: theTools,
      signal,
      onProgress,
    }).catch((error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    if (checked === undefined) break;
    const entry = { file, ffmpeg, ...checked };
    entries.push(entry);
    say(renderEntry(entry));
  }
  bar.stop();
  if (json) printLine(JSON.stringify({ ok: hasPassed(entries) && !signal.aborted, entries }));
  else say([...renderSummary(entries), ...(signal.aborted ? ['interrupted'] : [])]);
  return hasPassed(entries) && !signal.aborted ? 0 : 1;
}

/** By the folder's `manifest.json`, which says what is expected of each; else every file, with no expectation. */
async function listFiles(folder: string): Promise<readonly ManifestEntry[]> {
  const manifest = await readFile(join(folder, 'manifest.json'), 'utf8').catch(() => undefined);
  if (manifest !== undefined) return (JSON.parse(manifest) as { files: ManifestEntry[] }).files;
  const names = await readdir(folder, { withFileTypes: true });
  return names.filter((name) => name.isFile()).map(({ name }) => ({ file: name }));
}
