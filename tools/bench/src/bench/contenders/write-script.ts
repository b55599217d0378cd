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
  /** Prove by hand what the worker proves of a source and of an MP4 that is copied: {@link proveByHand}. */
  readonly proves?: boolean;
}

/** Four at a time, as the worker uploads. */
const UPLOADS_AT_A_TIME = 4;

/** It retries nothing, begins again where it is interrupted, and, unless told, proves nothing of what it uploads. */
export function writeScript(options: ScriptOptions): string {
  const { sourceUrl, resultsUrl, key, sourceFile, outDir, commands } = options;
  const curl = `curl --silent --show-error --fail --header ${quoteCommand([`authorization: Bearer ${key}`])}`;
  const proofs = options.proves === true ? proveByHand(sourceFile) : undefined;
  return [
    'set -e',
    makeFolders(outDir, commands),
    `${curl} --output ${quoteCommand([sourceFile, sourceUrl])}`,
    ...(proofs?.ofSource ?? []),
    ...commands.map((command) => runLine(outDir, command)),
    `cd ${quoteCommand([outDir])}`,
    ...(proofs?.ofMp4 ?? []),
    `find . -type f -printf '%P\\n' | xargs -P ${UPLOADS_AT_A_TIME} -I NAME ${curl} --output /dev/null ` +
      `--header 'x-upsert: true' --header 'content-type: video/mp4' --upload-file NAME --request POST ${resultsUrl}/NAME`,
    ...(proofs?.ofObject(`${curl} ${resultsUrl.replace('/object/', '/object/info/')}/video.mp4`) ?? []),
    '',
  ].join('\n');
}

const LIST_PACKETS = 'ffprobe -v error -show_entries packet=stream_index,pts_time,dts_time,size,flags -of compact=p=0';

/**
 * The digest and the packets of the source, the packets of the MP4 and its sound decoded, the MD5 of the MP4 beside its
 * upload and the ETag compared with it: each beside what it need not wait for, as one would with two processors.
 */
function proveByHand(sourceFile: string) {
  const source = quoteCommand([sourceFile]);
  return {
    ofSource: [`sha256sum ${source} >/dev/null & digest=$!`, `${LIST_PACKETS} ${source} >/dev/null`, 'wait $digest'],
    ofMp4: [
      `${LIST_PACKETS} video.mp4 >/dev/null & packets=$!`,
      'ffmpeg -v error -i video.mp4 -map 0:a? -f null -',
      'wait $packets',
      `md5sum video.mp4 >${source}.md5 & digest=$!`,
    ],
    ofObject: (info: string) => ['wait $digest', `${info} | grep --quiet "$(cut -c 1-32 ${source}.md5)"`],
  };
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
