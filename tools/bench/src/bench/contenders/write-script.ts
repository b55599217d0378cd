/** The shell script that one would write instead of running a worker: curl, the very same ffmpeg commands, curl. Pure. */
import { dirname } from 'node:path';
import { quoteCommand } from '@supabase-media/media/quote-command';

/** A command of `media process --explain --json`. */
export interface ExplainedCommand {
  readonly cwd?: string | undefined;
  readonly command: readonly string[];
}

export interface ScriptOptions {
  readonly sourceUrl: string;
  /** Results go below it, each under its name in the folder. */
  readonly resultsUrl: string;
  readonly key: string;
  readonly sourceFile: string;
  readonly outDir: string;
  readonly commands: readonly ExplainedCommand[];
}

/** Four at a time, as the worker uploads. */
const UPLOADS_AT_A_TIME = 4;

/** It proves nothing of what it uploads, retries nothing, and begins again where it is interrupted. */
export function writeScript({ sourceUrl, resultsUrl, key, sourceFile, outDir, commands }: ScriptOptions): string {
  const curl = `curl --silent --show-error --fail --header ${quoteCommand([`authorization: Bearer ${key}`])}`;
  return [
    'set -e',
    makeFolders(outDir, commands),
    `${curl} --output ${quoteCommand([sourceFile, sourceUrl])}`,
    ...commands.map((command) => runLine(outDir, command)),
    `cd ${quoteCommand([outDir])}`,
    `find . -type f -printf '%P\\n' | xargs -P ${UPLOADS_AT_A_TIME} -I NAME ${curl} --output /dev/null ` +
      `--header 'x-upsert: true' --header 'content-type: video/mp4' --upload-file NAME --request POST ${resultsUrl}/NAME`,
    '',
  ].join('\n');
}

/** What ffmpeg itself takes, of a file that is there and whose results stay. */
export function writeCommandsAlone({ outDir, commands }: Pick<ScriptOptions, 'outDir' | 'commands'>): string {
  return ['set -e', makeFolders(outDir, commands), ...commands.map((command) => runLine(outDir, command)), ''].join(
    '\n',
  );
}

function makeFolders(outDir: string, commands: readonly ExplainedCommand[]): string {
  const folders = [...new Set([outDir, ...commands.flatMap(({ cwd, command }) => foldersOf(cwd, command))])];
  return quoteCommand(['mkdir', '-p', ...folders]);
}

const runLine = (outDir: string, { cwd = outDir, command }: ExplainedCommand): string =>
  `(cd ${quoteCommand([cwd])} && ${quoteCommand(command)} >/dev/null)`;

/** ffmpeg makes none of its own accord: the folders of the files that a command writes, renditions included. */
function foldersOf(cwd: string | undefined, command: readonly string[]): string[] {
  const output = command.at(-1) ?? '';
  if (cwd === undefined) return [dirname(output.replace(/^file:/, ''))];
  const names = [...(command[command.indexOf('-var_stream_map') + 1] ?? '').matchAll(/name:(\S+?)(?= |,|$)/g)];
  return [cwd, ...names.map(([, name]) => `${cwd}/${name}`)];
}
