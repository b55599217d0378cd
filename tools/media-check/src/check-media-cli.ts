#!/usr/bin/env -S node --
/** `npm run check:media`: what becomes of the files of a folder, judged by other readers than the pipeline's own. */
import { watchStopSignals } from '@supabase-media/core/stop-signals';
import { Command } from 'commander';
import { checkCorpus } from './check-corpus.ts';
import { findTools } from './find-tools.ts';

interface Options {
  readonly corpus: string;
  readonly only: string;
  readonly from?: string;
  readonly files?: string;
  readonly ffmpeg: string;
  readonly play: boolean;
  readonly json: boolean;
}

const options = new Command('check:media')
  .description(
    'Processes every file of a folder and compares duration, frames, sound, shape and ' +
      'the times of MP4 and HLS with those of the source. "HLS ms" is how much later the ' +
      'picture is against the sound in a browser that plays HLS than in the MP4.',
  )
  .requiredOption('--corpus <folder>', 'the files, with a manifest.json that says what is expected')
  .option('--only <names>', 'these files, separated by commas', '')
  .option('--from <name>', 'the first file: to go on with an earlier run')
  .option('--files <n>', 'how many')
  .option('--ffmpeg <which>', 'path, npm, all, or the path of a program', 'path')
  .option('--play', 'play every stream in Chromium, through hls.js', false)
  .option('--json', 'print all figures as one JSON object', false)
  .parse()
  .opts<Options>();

const interrupted = watchStopSignals(() => process.exit(1));

process.exitCode = await checkCorpus({
  folder: options.corpus,
  only: options.only.split(',').filter((name) => name !== ''),
  from: options.from,
  files: options.files === undefined ? undefined : Number(options.files),
  tools: await findTools(options.ffmpeg),
  json: options.json,
  plays: options.play,
  signal: interrupted.signal,
});
