/** The ffmpegs of this machine, and work folders that are gone after the test. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { locateTools } from '../../src/ffmpeg/locate.ts';
import type { MediaTools } from '../../src/ffmpeg/tools.ts';

/** Every pair that is found, by the name it has in the titles of tests: the one on the PATH, the one from npm. */
export async function findAllTools(): Promise<[string, MediaTools][]> {
  const tries: [string, Promise<MediaTools>][] = [
    ['PATH', locateTools({ useNpmBinaries: false })],
    ['npm', locateTools({ searchPath: '' })],
  ];
  const found: [string, MediaTools][] = [];
  for (const [origin, located] of tries) {
    const tools = await located.catch(() => undefined);
    if (tools !== undefined) found.push([`ffmpeg ${tools.ffmpeg.version} (${origin})`, tools]);
  }
  if (found.length === 0) throw new Error('no ffmpeg on the PATH nor from npm: these tests need one');
  return found;
}

/** A folder of its own for one test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'media-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The same ffmpeg, except that it runs a shell script instead where its arguments contain a text. */
export async function withFailure(tools: MediaTools, text: string, script: string): Promise<MediaTools> {
  const path = join(await temporaryFolder(), 'ffmpeg');
  const lines = ['#!/bin/sh', `case "$*" in *'${text}'*) ${script};; esac`, `exec ${tools.ffmpeg.path} "$@"`, ''];
  await writeFile(path, lines.join('\n'), { mode: 0o755 });
  return { ...tools, ffmpeg: { ...tools.ffmpeg, path } };
}

/**
 * All cases for the first ffmpeg that is found, and those named as core for the others: enough to see that a version
 * behaves alike, without doing everything twice.
 */
export function selectCases<Case extends readonly [string, ...unknown[]]>(
  cases: readonly Case[],
  tools: MediaTools,
  options: { readonly first: MediaTools | undefined; readonly core: readonly string[] },
): Case[] {
  return cases.filter(([name]) => tools === options.first || options.core.includes(name));
}
