#!/usr/bin/env node
/** `media …`: the command line. Commands are loaded when they are called, so that each starts with only what it needs. */
import { readFileSync } from 'node:fs';
import { MediaError } from '@supabase-media/core/errors';
import { assertPlatform } from '@supabase-media/service/assert-platform';
import { boundMemory } from '@supabase-media/service/bound-memory';
import { cacheCompiledCode } from '@supabase-media/service/cache-compiled-code';
import { Command, CommanderError } from 'commander';
import { createOutput } from './cli/output.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** The first word that is neither an option nor its value. */
const commandOf = (words: readonly string[]): string | undefined =>
  words.find((word, at) => !word.startsWith('-') && words[at - 1] !== '--env-file');

async function createProgram(words: readonly string[]): Promise<Command> {
  const program = new Command('media')
    .description('Makes uploaded videos web-ready and puts the results into Supabase Storage.')
    .version(`media ${version}, Node ${process.version}`, '-V, --version', 'print the version')
    .option('--json', 'print exactly one JSON object on stdout; logs stay on stderr')
    .option('--env-file <file>', 'read variables from this file instead of .env')
    .addHelpText(
      'after',
      `
Examples:
  $ media upload clip.mov --bucket project-videos --path alice/clip.mov
  $ media enqueue --bucket project-videos --path alice/clip.mov --wait
  $ media process clip.mov --out ./results
  $ media process clip.mov --explain

Variables are explained in .env.example. Exit code 0: done, 1: an error.`,
    )
    .exitOverride();

  if (commandOf(words) === 'upload') (await import('./cli/define-upload.ts')).defineUpload(program);
  else (await import('./cli/define-commands.ts')).defineCommands(program);

  // A mistyped command line is an error like any other: one shape, one exit code.
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)])
    command
      .exitOverride()
      .configureOutput({ outputError: () => {} })
      .showHelpAfterError(false);
  return program;
}

const HELP_CODES = new Set(['commander.help', 'commander.helpDisplayed', 'commander.version']);

boundMemory();
cacheCompiledCode();
try {
  assertPlatform();
  await (await createProgram(process.argv.slice(2))).parseAsync();
} catch (error) {
  if (error instanceof CommanderError && HELP_CODES.has(error.code)) {
    process.exitCode = error.exitCode;
  } else {
    const message = error instanceof Error ? error.message.replace(/^error: /, '') : String(error);
    createOutput({ json: process.argv.includes('--json') }).failure(
      error instanceof MediaError ? error : new MediaError({ code: 'invalid_argument', message, cause: error }),
    );
    process.exitCode = 1;
  }
}
