/** `media upload …` as it is typed. It begins to send in half the time of other commands, since it loads none of them. */
import { ROUTES } from '@supabase-media/upload-protocol/route';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type CommonOptions, runCommand } from './run-command.ts';

/** @returns milliseconds. */
function parseMinutes(value: string): number {
  const minutes = Number(value);
  if (/^\d+(\.\d+)?$/.test(value) && minutes <= 10_080) return minutes * 60_000;
  throw new InvalidArgumentError(`"${value}" is no number of minutes from 0 to 10080.`);
}

/** Adds the command to the program. */
export function defineUpload(program: Command): void {
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
        load: async (environment) => {
          const [{ loadUploadConfig }, { UPLOAD_COMMAND_VARIABLES }] = await Promise.all([
            import('../load-upload-config.ts'),
            import('../transfer-variables.ts'),
          ]);
          return { config: loadUploadConfig(environment), variables: UPLOAD_COMMAND_VARIABLES };
        },
        run: async (context) =>
          (await import('./upload.ts')).uploadCommand(context, { ...options, waitMs: wait, file }),
      }),
    );
}
