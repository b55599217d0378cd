/** The steps by hand, in `sh`. Finding out what to do takes it no time: that is done before. */
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Lab, RESULT_BUCKET, SOURCE_BUCKET, storageKey, storageUrl } from '../lab.ts';
import { runCommand } from '../measure/run-command.ts';
import { MEDIA_CLI } from '../measure/start-worker.ts';
import type { Row } from '../rows.ts';
import type { Contender } from './contender.ts';
import { type ExplainedCommand, writeCommandsAlone, writeScript } from './write-script.ts';

/** The commands as they are explained, for names that each job's own take the place of. */
const SOURCE = '/explained/source';
const OUT = '/explained/out';

/** curl, ffmpeg, curl; several videos by `xargs -P`. @param options `proves`: as `writeScript` takes it. */
export function scriptContender(lab: Lab, options: { readonly proves?: boolean } = {}): Contender {
  return scripted(lab, ({ path, sourceFile, outDir, commands }) =>
    writeScript({
      sourceUrl: `${storageUrl(lab)}/object/authenticated/${SOURCE_BUCKET}/${path}`,
      resultsUrl: `${storageUrl(lab)}/object/${RESULT_BUCKET}/by-hand/${path}`,
      key: storageKey(lab),
      ...{ sourceFile, outDir, commands, ...options },
    }),
  );
}

/** The ffmpeg commands, of the file that is here, and nothing else. */
export function ffmpegContender(lab: Lab): Contender {
  return scripted(lab, ({ row, sourceFile, outDir, commands }) => {
    const own = (word: string) => word.replaceAll(sourceFile, lab.sourceOf(row));
    return writeCommandsAlone({ outDir, commands: commands.map((one) => ({ ...one, command: one.command.map(own) })) });
  });
}

interface ScriptedJob {
  readonly row: Row;
  readonly path: string;
  readonly sourceFile: string;
  readonly outDir: string;
  readonly commands: readonly ExplainedCommand[];
}

function scripted(lab: Lab, write: (job: ScriptedJob) => string): Contender {
  const home = join(lab.folder, 'script');
  let explained: readonly ExplainedCommand[] = [];
  return {
    prepare: async ({ row }) => {
      if (explained.length === 0) explained = await explain(lab, row);
    },
    run: async ({ row, paths }) => {
      await mkdir(home, { recursive: true });
      for (const [at, path] of paths.entries()) {
        const outDir = join(home, `out-${at}`);
        const sourceFile = join(home, `source-${at}`);
        const commands = fillIn(explained, sourceFile, outDir);
        await writeFile(join(home, `job-${at}.sh`), write({ row, path, sourceFile, outDir, commands }));
      }
      const all = `ls job-*.sh | xargs -P ${row.concurrency} -n 1 sh`;
      const measured = await runCommand({
        program: 'sh',
        args: ['-c', all],
        environment: { PATH: process.env.PATH },
        folder: home,
      });
      await rm(home, { recursive: true });
      return measured;
    },
    stop: () => rm(home, { recursive: true, force: true }),
  };
}

/** Puts a job's own files into the commands. */
function fillIn(commands: readonly ExplainedCommand[], sourceFile: string, outDir: string): ExplainedCommand[] {
  const own = (word: string) => word.replaceAll(SOURCE, sourceFile).replaceAll(OUT, outDir);
  return commands.map(({ cwd, command }) => ({ cwd: cwd && own(cwd), command: command.map(own) }));
}

async function explain(lab: Lab, row: Row): Promise<readonly ExplainedCommand[]> {
  const file = lab.sourceOf(row);
  const outDir = join(lab.folder, 'explained');
  await mkdir(outDir, { recursive: true });
  const args = ['--', MEDIA_CLI, 'process', file, '--out', outDir, '--outputs', row.outputs.join(','), '--explain'];
  const { stdout } = await promisify(execFile)(process.execPath, [...args, '--json'], {
    env: { PATH: process.env.PATH, ...lab.environment, LOG_LEVEL: 'silent' },
    maxBuffer: 10_000_000,
  });
  const { commands } = JSON.parse(stdout) as { commands: ExplainedCommand[] };
  const neutral = (word: string) => word.replaceAll(file, SOURCE).replaceAll(outDir, OUT);
  return commands.map(({ cwd, command }) => ({ cwd: cwd && neutral(cwd), command: command.map(neutral) }));
}
