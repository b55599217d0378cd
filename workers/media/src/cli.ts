#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { MediaError } from '@supabase-media/core/errors';
import { OUTPUT_KINDS, type OutputKind, parseOutputs } from '@supabase-media/media/outputs';
import { PROFILES } from '@supabase-media/media/profiles';
import { PRIORITIES } from '@supabase-media/queue/policy';
import { assertPlatform } from '@supabase-media/service/assert-platform';
import { boundMemory } from '@supabase-media/service/bound-memory';
import { ROUTES } from '@supabase-media/upload-protocol/route';
/** `media …`: the command line. Commands are loaded when they are called, so that each starts with only what it needs. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { createOutput } from './cli/output.ts';
import type { CommandContext, CommonOptions } from './cli/run-command.ts';
import { runCommand } from './cli/run-command.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function parseVideoId(value: string): string {
  if (UUID.test(value)) return value.toLowerCase();
  throw new InvalidArgumentError(`"${value}" is not a UUID.`);
}

function parseOutputList(value: string): readonly OutputKind[] {
  const outputs = parseOutputs(value);
  if (outputs !== undefined) return outputs;
  throw new InvalidArgumentError(`"${value}" is no list of ${OUTPUT_KINDS.join(', ')}.`);
}

function parseLimit(value: string): number {
  const limit = Number(value);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1000) return limit;
  throw new InvalidArgumentError(`"${value}" is no whole number from 1 to 1000.`);
}

/** @returns milliseconds. */
function parseMinutes(value: string): number {
  const minutes = Number(value);
  if (/^\d+(\.\d+)?$/.test(value) && minutes <= 10_080) return minutes * 60_000;
  throw new InvalidArgumentError(`"${value}" is no number of minutes from 0 to 10080.`);
}

const runJobs = (command: Command, run: (context: CommandContext) => Promise<void>) =>
  runCommand({ common: command.optsWithGlobals<CommonOptions>(), needs: { queue: true }, run });

function createProgram(): Command {
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

  program
    .command('worker')
    .description('take jobs from the queue until told to stop (SIGTERM, SIGINT)')
    .action(async (_options, command: Command) =>
      runCommand({
        common: command.optsWithGlobals<CommonOptions>(),
        needs: { supabase: true, queue: true },
        run: async (context) => (await import('./cli/worker.ts')).workerCommand(context),
      }),
    );

  program
    .command('enqueue')
    .description('put a video that is in Storage into the queue')
    .requiredOption('--bucket <bucket>', 'the bucket of the source')
    .requiredOption('--path <path>', 'the path of the source in the bucket')
    .option('--video-id <id>', 'the UUID of the video (default: made from bucket and path)', parseVideoId)
    .option('--owner <id>', 'the UUID of the user it belongs to (default: who uploaded it)', parseVideoId)
    .option('--project <name>', 'the first folder of the results (default: "default")')
    .option('--outputs <list>', `what to make, of ${OUTPUT_KINDS.join(',')}`, parseOutputList)
    .addOption(new Option('--profile <name>', 'time against quality').choices(PROFILES))
    .addOption(new Option('--priority <name>', 'which jobs go first').choices(Object.keys(PRIORITIES)))
    .option('--wait', 'wait for the outcome', false)
    .action(async (options, command: Command) =>
      runCommand({
        common: command.optsWithGlobals<CommonOptions>(),
        needs: { supabase: true, queue: true },
        run: async (context) => (await import('./cli/enqueue.ts')).enqueueCommand(context, options),
      }),
    );

  program
    .command('upload')
    .description('put a file into Storage')
    .argument('<file>', 'the file')
    .requiredOption('--bucket <bucket>', 'the bucket')
    .requiredOption('--path <path>', 'the path in the bucket')
    .addOption(
      new Option('--route <route>', 'the way it is sent').choices(['auto', ...ROUTES]).default('auto', 'auto: by size'),
    )
    .option('--upsert', 'replace an object that is already there', false)
    .option('--content-type <type>', "the object's type (default: by the file's extension)")
    .option(
      '--wait <minutes>',
      'for a Storage that is out of order (default: 5 while it answers with server errors, 960 while it does not answer)',
      parseMinutes,
    )
    .action(async (file: string, { wait, ...options }, command: Command) =>
      runCommand({
        common: command.optsWithGlobals<CommonOptions>(),
        needs: { supabase: true },
        run: async (context) =>
          (await import('./cli/upload.ts')).uploadCommand(context, { ...options, waitMs: wait, file }),
      }),
    );

  program
    .command('process')
    .description('make a file web-ready on this machine, without any server')
    .argument('<file>', 'the video')
    .option('--out <dir>', 'the folder for the results')
    .option('--outputs <list>', `what to make, of ${OUTPUT_KINDS.join(',')}`, parseOutputList)
    .addOption(new Option('--profile <name>', 'time against quality').choices(PROFILES))
    .option('--explain', 'show the plan and the commands, run none of them', false)
    .action(async (file: string, options, command: Command) =>
      runCommand({
        common: command.optsWithGlobals<CommonOptions>(),
        run: async (context) => (await import('./cli/process.ts')).processCommand(context, { ...options, file }),
      }),
    );

  program
    .command('status')
    .description('tell what is known of a video')
    .argument('<id>', "the video's UUID", parseVideoId)
    .action(async (videoId: string, _options, command: Command) =>
      runCommand({
        common: command.optsWithGlobals<CommonOptions>(),
        needs: { supabase: true },
        run: async (context) => (await import('./cli/status.ts')).statusCommand(context, videoId),
      }),
    );

  program
    .command('cancel')
    .description('stop a video, wherever it waits or runs, and remove what was made of it')
    .argument('<id>', "the video's UUID", parseVideoId)
    .action(async (videoId: string, _options, command: Command) =>
      runCommand({
        common: command.optsWithGlobals<CommonOptions>(),
        needs: { supabase: true, queue: true },
        run: async (context) => (await import('./cli/cancel.ts')).cancelCommand(context, videoId),
      }),
    );

  const captions = program.command('captions').description('captions of a finished video');
  captions
    .command('add')
    .description('add captions to a video, or replace those in the same language')
    .argument('<id>', "the video's UUID", parseVideoId)
    .argument('<file>', 'a SubRip (.srt) or WebVTT (.vtt) file in UTF-8')
    .requiredOption('--lang <tag>', 'their language, as en or pt-BR')
    .action(async (videoId: string, file: string, options, command: Command) =>
      runCommand({
        common: command.optsWithGlobals<CommonOptions>(),
        needs: { supabase: true },
        run: async (context) =>
          (await import('./cli/captions.ts')).addCaptionsCommand(context, { ...options, videoId, file }),
      }),
    );

  const jobs = program.command('jobs').description('what stands in the queue');
  jobs
    .command('list', { isDefault: true })
    .description('the jobs that run, wait or failed')
    .option('--state <list>', 'only these, of active,waiting,delayed,failed,completed')
    .option('--limit <n>', 'at most so many of each state', parseLimit, 20)
    .action(async (options, command: Command) =>
      runJobs(command, async (context) => {
        const { listJobsCommand, parseStates } = await import('./cli/jobs.ts');
        return listJobsCommand(context, { ...options, state: options.state && parseStates(options.state) });
      }),
    );
  jobs
    .command('show')
    .description('all that is known of a job')
    .argument('<id>', "the video's UUID or the job's id")
    .action(async (id: string, _options, command: Command) =>
      runJobs(command, async (context) => (await import('./cli/jobs.ts')).showJobCommand(context, id)),
    );
  jobs
    .command('retry')
    .description('run an ended job again, from the start')
    .argument('<id>', "the video's UUID or the job's id")
    .action(async (id: string, _options, command: Command) =>
      runJobs(command, async (context) => (await import('./cli/jobs.ts')).retryJobCommand(context, id)),
    );
  jobs
    .command('remove')
    .description('take a job that does not run out of the queue')
    .argument('<id>', "the video's UUID or the job's id")
    .action(async (id: string, _options, command: Command) =>
      runJobs(command, async (context) => (await import('./cli/jobs.ts')).removeJobCommand(context, id)),
    );

  const migrations = program.command('migrations').description('the tables that a project needs');
  migrations
    .command('copy')
    .description('copy the migrations into a project with migrations of its own; overwrites nothing')
    .requiredOption('--to <dir>', "the project's folder of migrations, usually supabase/migrations")
    .action(async (options, command: Command) =>
      runCommand({
        common: command.optsWithGlobals<CommonOptions>(),
        run: async (context) => (await import('./cli/migrations.ts')).copyMigrationsCommand(context, options),
      }),
    );

  program
    .command('doctor')
    .description('look for what is wrong with this set-up, and say how to mend it')
    .option('--probe', 'also send 24 MB to Storage: what a proxy does to them, what proves uploads', false)
    .option('--source-bucket <bucket>', 'the bucket of the sources (default: project-videos)')
    .action(async (options, command: Command) =>
      runCommand({
        common: command.optsWithGlobals<CommonOptions>(),
        run: async (context) => (await import('./cli/doctor.ts')).doctorCommand(context, options),
      }),
    );

  // A mistyped command line is an error like any other: one shape, one exit code.
  for (const command of [program, ...program.commands, ...captions.commands, ...jobs.commands, ...migrations.commands])
    command
      .exitOverride()
      .configureOutput({ outputError: () => {} })
      .showHelpAfterError(false);
  return program;
}

const HELP_CODES = new Set(['commander.help', 'commander.helpDisplayed', 'commander.version']);

boundMemory();
try {
  assertPlatform();
  await createProgram().parseAsync();
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
