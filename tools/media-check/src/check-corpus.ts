/** Every file of a folder, one after the other, with each ffmpeg. */
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { printLine } from '@supabase-media/local-stack/stack/output';
import type { MediaTools } from '@supabase-media/media/tools';
import { findChromium } from '@supabase-media/test-support/browser';
import { openPlayer, type Player } from '@supabase-media/test-support/playback';
import { createProgressBar } from '@supabase-media/worker/cli/progress-bar';
import { checkFile, type Expected } from './check/check-file.ts';
import { playHls } from './play/play-hls.ts';
import { type CheckedEntry, HEADER, hasPassed, renderEntry, renderSummary } from './report.ts';

export interface CheckCorpusOptions {
  readonly folder: string;
  /** Names of files; all when empty. */
  readonly only: readonly string[];
  /** The first file of those, by its name; the first of all unless told. */
  readonly from?: string | undefined;
  /** How many of those; all unless told. */
  readonly files?: number | undefined;
  readonly tools: readonly MediaTools[];
  readonly json: boolean;
  /** Plays every stream in Chromium. */
  readonly plays: boolean;
  readonly signal: AbortSignal;
}

interface ManifestEntry {
  readonly file: string;
  readonly expected?: Expected;
}

/** Checks and reports. Returns the exit code: 1 when something is wrong. */
export async function checkCorpus(options: CheckCorpusOptions): Promise<number> {
  const { json, signal } = options;
  const player = options.plays ? await openPlayer(requireChromium()) : undefined;
  try {
    const entries = await checkAll(options, player);
    const isOk = hasPassed(entries) && !signal.aborted;
    if (json) printLine(JSON.stringify({ ok: isOk, entries }));
    else for (const line of [...renderSummary(entries), ...(signal.aborted ? ['interrupted'] : [])]) printLine(line);
    return isOk ? 0 : 1;
  } finally {
    await player?.close();
  }
}

async function checkAll(options: CheckCorpusOptions, player: Player | undefined): Promise<CheckedEntry[]> {
  const { tools, json, signal } = options;
  const files = await chooseFiles(options);
  const runs = tools.flatMap((theTools) => files.map((entry) => [theTools, entry] as const));
  // Rows come as they are found, or, where a bar is drawn, behind it.
  const hasBar = process.stderr.isTTY === true;
  const bar = await createProgressBar({ title: 'Checking', isShown: hasBar });
  const entries: CheckedEntry[] = [];
  const rows: string[] = [];
  const show = (lines: readonly string[]) => {
    if (hasBar) rows.push(...lines);
    else if (!json) for (const line of lines) printLine(line);
  };
  try {
    for (const [theTools, { file, expected }] of runs) {
      const ffmpeg = theTools.ffmpeg.version;
      if (ffmpeg !== entries.at(-1)?.ffmpeg) show([`ffmpeg ${ffmpeg}`, HEADER]);
      const checked = await checkFile({
        path: resolve(options.folder, file),
        expected,
        tools: theTools,
        signal,
        onProgress: (done) => bar.update((entries.length + done) / runs.length, file),
        play: player && ((made) => playHls(player, made)),
      });
      const entry = { file, ffmpeg, ...checked };
      entries.push(entry);
      show(renderEntry(entry));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    bar.stop();
    if (!json) for (const line of rows) printLine(line);
  }
  return entries;
}

async function chooseFiles({ folder, only, from, files }: CheckCorpusOptions): Promise<readonly ManifestEntry[]> {
  const all = (await listFiles(folder)).filter(({ file }) => only.length === 0 || only.includes(file));
  const first = from === undefined ? 0 : all.findIndex(({ file }) => file === from);
  if (first < 0) throw new Error(`There is no ${from} among the ${all.length} files of ${folder}.`);
  return all.slice(first, files === undefined ? undefined : first + files);
}

/** By the folder's `manifest.json`, which says what is expected of each; else every file, with no expectation. */
async function listFiles(folder: string): Promise<readonly ManifestEntry[]> {
  const manifest = await readFile(join(folder, 'manifest.json'), 'utf8').catch(() => undefined);
  if (manifest !== undefined) return (JSON.parse(manifest) as { files: ManifestEntry[] }).files;
  const names = await readdir(folder, { withFileTypes: true });
  return names.filter((name) => name.isFile()).map(({ name }) => ({ file: name }));
}

function requireChromium(): string {
  const path = findChromium();
  if (path === undefined)
    throw new Error('There is no Chromium on the PATH: apt-get install chromium, or set CHROMIUM_PATH.');
  return path;
}
