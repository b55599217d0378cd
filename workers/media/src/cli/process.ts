/** `media process FILE --out DIR`: probe → plan → encode on this machine, without any server. */
import { locateTools } from '../ffmpeg/locate.ts';
import { formatBytes } from '../observability/format.ts';
import { processFile } from '../steps/process-file.ts';
import { createProgressBar } from './progress-bar.ts';
import { type CommandContext, resolveUserPath } from './run-command.ts';

export interface ProcessCommandOptions {
  readonly file: string;
  readonly out: string;
}

export async function processCommand(context: CommandContext, options: ProcessCommandOptions): Promise<void> {
  const { config, log, signal } = context;
  const tools = await locateTools(config.ffmpeg);
  const bar = await createProgressBar({ title: 'Encoding', isShown: context.showsBars });
  try {
    const result = await processFile({
      file: resolveUserPath(options.file),
      outDir: resolveUserPath(options.out),
      tools,
      log,
      signal,
      onProgress: ({ percent, speed, etaSeconds }) =>
        bar.update((percent ?? 0) / 100, speed === undefined ? '' : `${speed.toFixed(1)}x`, etaSeconds),
    });
    bar.stop();
    context.output.result({ ...result }, [
      `${result.outcome}: ${result.reason}`,
      ...result.warnings.map((warning) => `warning: ${warning.message}`),
      ...result.outputs.map((output) => `${output.kind}: ${output.path} (${formatBytes(output.bytes)})`),
    ]);
  } finally {
    bar.stop();
  }
}
