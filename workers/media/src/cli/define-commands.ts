/** Every command as it is typed. What one does is loaded when it is called. */
import { OUTPUT_KINDS, type OutputKind, parseOutputs } from '@supabase-media/media/outputs';
import { PROFILES } from '@supabase-media/media/profiles';
import type { MediaTools } from '@supabase-media/media/tools';
import { PRIORITIES } from '@supabase-media/queue/policy';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { defineUpload } from './define-upload.ts';
import { type CommandContext, type CommonOptions, runWorkerCommand } from './run-command.ts';

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

const runJobs = (command: Command, run: (context: CommandContext) => Promise<void>) =>
  runWorkerCommand({ common: command.optsWithGlobals<CommonOptions>(), needs: { queue: true }, run });

/** Adds all of them to the program, in the order in which `--help` shows them. */
export function defineCommands(program: Command): void {
  program
    .command('worker')
    .description('take jobs from the queue until told to stop (SIGTERM, SIGINT)')
    .action(async (_options, command: Command) => {
      let tools: Promise<MediaTools> | undefined;
      await runWorkerCommand({
        common: command.optsWithGlobals<CommonOptions>(),
        needs: { supabase: true, queue: true },
        begin: async (config) => {
          const { locateTools } = await import('@supabase-media/media/locate-tools');
          tools = locateTools(config.ffmpeg);
          // Whoever waits for them hears of a failure.
          tools.catch(() => {});
        },
        run: async (context) => (await import('./worker.ts')).workerCommand(context, tools),
      });
    });

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
      runWorkerCommand({
        common: command.optsWithGlobals<CommonOptions>(),
        needs: { supabase: true, queue: true },
        run: async (context) => (await import('./enqueue.ts')).enqueueCommand(context, options),
      }),
    );

  defineUpload(program);

  program
    .command('process')
    .description('make a file web-ready on this machine, without any server')
    .argument('<file>', 'the video')
    .option('--out <dir>', 'the folder for the results')
    .option('--outputs <list>', `what to make, of ${OUTPUT_KINDS.join(',')}`, parseOutputList)
    .addOption(new Option('--profile <name>', 'time against quality').choices(PROFILES))
    .option('--explain', 'show the plan and the commands, run none of them', false)
    .action(async (file: string, options, command: Command) =>
      runWorkerCommand({
        common: command.optsWithGlobals<CommonOptions>(),
        run: async (context) => (await import('./process.ts')).processCommand(context, { ...options, file }),
      }),
    );

  program
    .command('status')
    .description('tell what is known of a video')
    .argument('<id>', "the video's UUID", parseVideoId)
    .action(async (videoId: string, _options, command: Command) =>
      runWorkerCommand({
        common: command.optsWithGlobals<CommonOptions>(),
        needs: { supabase: true },
        run: async (context) => (await import('./status.ts')).statusCommand(context, videoId),
      }),
    );

  program
    .command('cancel')
    .description('stop a video, wherever it waits or runs, and remove what was made of it')
    .argument('<id>', "the video's UUID", parseVideoId)
    .action(async (videoId: string, _options, command: Command) =>
      runWorkerCommand({
        common: command.optsWithGlobals<CommonOptions>(),
        needs: { supabase: true, queue: true },
        run: async (context) => (await import('./cancel.ts')).cancelCommand(context, videoId),
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
      runWorkerCommand({
        common: command.optsWithGlobals<CommonOptions>(),
        needs: { supabase: true },
        run: async (context) =>
          (await import('./captions.ts')).addCaptionsCommand(context, { ...options, videoId, file }),
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
        const { listJobsCommand, parseStates } = await import('./jobs.ts');
        return listJobsCommand(context, { ...options, state: options.state && parseStates(options.state) });
      }),
    );
  jobs
    .command('show')
    .description('all that is known of a job')
    .argument('<id>', "the video's UUID or the job's id")
    .action(async (id: string, _options, command: Command) =>
      runJobs(command, async (context) => (await import('./jobs.ts')).showJobCommand(context, id)),
    );
  jobs
    .command('retry')
    .description('run an ended job again, from the start')
    .argument('<id>', "the video's UUID or the job's id")
    .action(async (id: string, _options, command: Command) =>
      runJobs(command, async (context) => (await import('./jobs.ts')).retryJobCommand(context, id)),
    );
  jobs
    .command('remove')
    .description('take a job that does not run out of the queue')
    .argument('<id>', "the video's UUID or the job's id")
    .action(async (id: string, _options, command: Command) =>
      runJobs(command, async (context) => (await import('./jobs.ts')).removeJobCommand(context, id)),
    );

  const migrations = program.command('migrations').description('the tables that a project needs');
  migrations
    .command('copy')
    .description('copy the migrations into a project with migrations of its own; overwrites nothing')
    .requiredOption('--to <dir>', "the project's folder of migrations, usually supabase/migrations")
    .action(async (options, command: Command) =>
      runWorkerCommand({
        common: command.optsWithGlobals<CommonOptions>(),
        run: async (context) => (await import('./migrations.ts')).copyMigrationsCommand(context, options),
      }),
    );

  program
    .command('doctor')
    .description('look for what is wrong with this set-up, and say how to mend it')
    .option('--probe', 'also send 24 MB to Storage: what a proxy does to them, what proves uploads', false)
    .option('--source-bucket <bucket>', 'the bucket of the sources (default: project-videos)')
    .action(async (options, command: Command) =>
      runWorkerCommand({
        common: command.optsWithGlobals<CommonOptions>(),
        run: async (context) => (await import('./doctor.ts')).doctorCommand(context, options),
      }),
    );
}
