/** When a sound can first and last be heard: what tells where it is once silence was put around it. */
import { spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hideEditLists } from './hls-stream.ts';

const RATE = 8000;
/** -40 dB of full scale is above the noise of an encoder; of a sound that never is as loud, -60 dB tell enough. */
const LEVELS = [0.01, 0.001] as const;

/** Seconds of the sound, from its first sample on. */
export interface Heard {
  readonly first: number;
  readonly last: number;
}

/** Decodes the first audio track. `undefined` when it is silent, or cannot be decoded. */
export async function measureHeard(ffmpeg: string, path: string, signal?: AbortSignal): Promise<Heard | undefined> {
  // A hole in the packets is as long in the samples.
  const output = [
    '-map',
    '0:a:0',
    '-af',
    'aresample=async=1:min_hard_comp=0.01',
    '-ac',
    '1',
    '-ar',
    String(RATE),
    '-f',
    's16le',
    'pipe:1',
  ];
  const child = spawn(ffmpeg, ['-nostdin', '-v', 'quiet', '-i', `file:${path}`, ...output], {
    stdio: ['ignore', 'pipe', 'ignore'],
    signal,
  });
  const ended = new Promise<void>((resolve, reject) => child.once('error', reject).once('close', () => resolve()));
  // It fails before it is waited for when it is interrupted while it is read.
  ended.catch(() => {});
  let count = 0;
  const found: (Heard | undefined)[] = LEVELS.map(() => undefined);
  let rest = Buffer.alloc(0);
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    const bytes = Buffer.concat([rest, chunk]);
    const samples = bytes.length >> 1;
    for (let index = 0; index < samples; index++, count++) {
      const level = Math.abs(bytes.readInt16LE(index * 2)) / 32_768;
      for (const [at, least] of LEVELS.entries())
        if (level >= least) found[at] = { first: found[at]?.first ?? count / RATE, last: count / RATE };
    }
    rest = bytes.subarray(samples * 2);
  }
  await ended;
  return found.find((heard) => heard !== undefined);
}

/** The same of a rendition, its segments joined and its edit lists hidden: the warm-up of an encoder is heard too. */
export async function measureHeardRendition(
  ffmpeg: string,
  master: string,
  { name, files }: { readonly name: string; readonly files: readonly string[] },
  signal?: AbortSignal,
): Promise<Heard | undefined> {
  const joined = join(dirname(master), `${name}.joined`);
  try {
    await writeFile(joined, '');
    for (const file of files) await writeFile(joined, hideEditLists(await readFile(file)), { flag: 'a' });
    return await measureHeard(ffmpeg, joined, signal);
  } finally {
    await rm(joined, { force: true });
  }
}
