/** How much a program may write, and what ends it that writes more. */
import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MediaError } from '@supabase-media/core/errors';
import { formatBytes } from '@supabase-media/core/format';

/** The files of one output. */
export interface WriteLimit {
  readonly folder: string;
  /** Files and folders in it that count: those whose names begin with one of these. */
  readonly names: readonly string[];
  /** For all of them together, in bytes. */
  readonly bytes: number;
  /** For any one file, in bytes; the system holds the program to it where it can. */
  readonly fileBytes: number;
  /** Where the limit comes from, to end a sentence: `the largest file that Storage takes here`. */
  readonly why: string;
  /** What to do about it, as a sentence. */
  readonly advice: string;
}

/** What a program that wrote more is ended with: trying again would write as much. */
export function outputTooLarge({ bytes, fileBytes, why, advice }: WriteLimit): MediaError {
  const message = `The result of this video grew beyond ${formatBytes(Math.min(bytes, fileBytes))}, ${why}. ${advice}`;
  return new MediaError({
    code: 'output_too_large',
    message,
    forUser: message,
    details: { limitBytes: bytes, limitFileBytes: fileBytes },
  });
}

/** More files than an output ever has; what is beyond is not counted. */
const MAX_FILES = 20_000;

/** The sizes of the files in a folder that count, those in folders of it included. What vanishes meanwhile has none. */
export async function sizeOfFiles(folder: string, isCounted: (name: string) => boolean): Promise<number> {
  let bytes = 0;
  let left = MAX_FILES;
  const folders = [folder];
  for (let path = folders.pop(); path !== undefined; path = folders.pop()) {
    const entries = await opendir(path).catch(() => undefined);
    if (entries === undefined) continue;
    for await (const entry of entries) {
      if (path === folder && !isCounted(entry.name)) continue;
      if (left-- <= 0) return bytes;
      const entryPath = join(path, entry.name);
      if (entry.isDirectory()) folders.push(entryPath);
      else bytes += (await stat(entryPath).catch(() => undefined))?.size ?? 0;
    }
  }
  return bytes;
}

export const isNamed =
  (names: readonly string[]) =>
  (name: string): boolean =>
    names.some((start) => name.startsWith(start));

/** Often enough that a disk of 500 MB/s takes little more than was allowed. */
const LOOK_EVERY_MS = 250;
/** Looks take at most this part of the time: of a thousand segments, one takes 30 ms. */
const LOOKING_SHARE = 0.1;

export interface WriteWatch {
  /** A last look, when the program has ended: what is wrong, if anything is. */
  readonly finish: () => Promise<MediaError | undefined>;
  readonly end: () => void;
}

/** Looks at what a program writes, and calls `onExceeded` once when it is too much. Works where the system sets no limits. */
export function watchWrites(limit: WriteLimit, onExceeded: (error: MediaError) => void): WriteWatch {
  const { folder, names, bytes } = limit;
  const look = async () => ((await sizeOfFiles(folder, isNamed(names))) > bytes ? outputTooLarge(limit) : undefined);
  let timer: NodeJS.Timeout | undefined;
  let hasEnded = false;
  const lookAgain = (afterMs: number) => {
    if (hasEnded) return;
    timer = setTimeout(async () => {
      const began = performance.now();
      const found = await look().catch(() => undefined);
      if (hasEnded) return;
      if (found !== undefined) return onExceeded(found);
      lookAgain(Math.max(LOOK_EVERY_MS, (performance.now() - began) / LOOKING_SHARE));
    }, afterMs);
  };
  lookAgain(LOOK_EVERY_MS);
  const end = () => {
    hasEnded = true;
    clearTimeout(timer);
  };
  return {
    finish: () => {
      end();
      return look();
    },
    end,
  };
}
