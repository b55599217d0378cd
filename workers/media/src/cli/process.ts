/** `media process FILE --out DIR`: probe → plan → encode → derive on this machine, without any server. */
import { MediaError } from '@supabase-media/core/errors';
import { formatBytes } from '@supabase-media/core/format';
import { dryRun } from '@supabase-media/media/dry-run';
import { locateTools } from '@supabase-media/media/locate-tools';
import type { OutputKind } from '@supabase-media/media/outputs';
import { processFile } from '@supabase-media/media/process-file';
import type { ProfileName } from '@supabase-media/media/profiles';
import { chooseSettings } from '@supabase-media/media/settings';
import { resolveUserPath } from '@supabase-media/service/user-path';
import { createProgressBar } from './progress-bar.ts';
import type { CommandContext } from './run-command.ts';

export interface ProcessCommandOptions {
  readonly file: string;
  readonly out?: string | undefined;
  readonly outputs?: readonly OutputKind[] | undefined;
  readonly profile?: ProfileName | undefined;
  /** Show the plan and the commands, and run none of them. */
  readonly explain?: boolean | undefined;
}

export async function processCommand(context: CommandContext, options: ProcessCommandOptions): Promise<void> {
  const { config, log, signal, output } = context;
  const settings = chooseSettings(config.media, options);
  const file = resolveUserPath(options.file);
  if (options.explain) {
    const outDir = resolveUserPath(options.out ?? '.');
    const tools = await locateTools(config.ffmpeg);
    const { lines, ...explained } = await dryRun({ file, outDir, settings, tools, signal });
    return output.result({ ...explained }, lines);
  }
  if (options.out === undefined) {
    throw new MediaError({
      code: 'invalid_argument',
      message: 'The folder for the results is not named: --out <dir>.',
    });
  }
  const tools = await locateTools(config.ffmpeg);
  const bar = await createProgressBar({ title: 'Processing', isShown: context.showsBars });
  try {
    const result = await processFile({
      file,
      outDir: resolveUserPath(options.out),
      settings,
      tools,
      log,
      signal,
      onProgress: ({ percent, step, speed }) =>
        bar.update(percent / 100, speed === undefined ? step : `${step} ${speed.toFixed(1)}x`),
    });
    bar.stop();
    output.result({ ...result }, [
      `${result.outcome}: ${result.reason}`,
      ...result.warnings.map((warning) => `warning: ${warning.message}`),
      ...result.outputs.map(({ kind, path, bytes, files }) => {
        const count = files === 1 ? '' : `, ${files} files`;
        return `${kind}: ${path} (${formatBytes(bytes)}${count})`;
      }),
    ]);
  } finally {
    bar.stop();
  }
}
