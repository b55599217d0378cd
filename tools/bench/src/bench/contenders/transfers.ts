/** One file to Storage, or from it: ours, curl alone, curl with the same proof by hand, and supabase-js with a Buffer. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Lab, RESULT_BUCKET, SOURCE_BUCKET, storageKey, storageUrl, type Work } from '../lab.ts';
import { type Command, runCommand } from '../measure/run-command.ts';
import { MEDIA_CLI } from '../measure/start-worker.ts';
import { type Contender, commandContender } from './contender.ts';

const TRANSFER = fileURLToPath(new URL('../processes/transfer.js', import.meta.url));

const CURL = 'curl --silent --show-error --fail --header "authorization: Bearer $KEY"';
const SEND = `${CURL} --header 'x-upsert: true' --header 'content-type: video/mp4' --output /dev/null --upload-file "$FILE" --request POST "$URL/object/$BUCKET/$NAME"`;
const RECEIVE = `${CURL} --output "$FILE" "$URL/object/authenticated/$BUCKET/$NAME"`;
/** md5sum reads the file while curl sends it, and the ETag is compared. For a Storage that keeps files. */
const SEND_AND_PROVE = `set -e
digest=$(mktemp)
trap 'rm -f "$digest"' EXIT
md5sum "$FILE" > "$digest" &
${SEND}
wait
${CURL} "$URL/object/info/$BUCKET/$NAME" | grep --quiet "$(cut -c 1-32 "$digest")"`;

/** What one transfer is told, as variables. */
const variablesOf = (lab: Lab, { row, paths, round }: Work, way: 'upload' | 'download'): Record<string, string> => ({
  URL: storageUrl(lab),
  SUPABASE_URL: String(lab.environment.SUPABASE_URL),
  KEY: storageKey(lab),
  ...(way === 'upload'
    ? { BUCKET: RESULT_BUCKET, NAME: `transfers/${row.name}-${round}`, FILE: lab.sourceOf(row) }
    : { BUCKET: SOURCE_BUCKET, NAME: paths[0] ?? '', FILE: join(lab.folder, 'downloaded') }),
});

type Program = Pick<Command, 'program' | 'args'>;

function transfer(
  lab: Lab,
  way: 'upload' | 'download',
  programOf: (variables: Readonly<Record<string, string>>) => Program,
): Contender {
  return commandContender(async (work) => {
    const variables = variablesOf(lab, work, way);
    const environment = {
      PATH: process.env.PATH,
      ...lab.environment,
      WORK_DIR: join(lab.folder, 'work', 'transfers'),
      LOG_LEVEL: 'silent',
      ...variables,
    };
    const measured = await runCommand({ ...programOf(variables), environment, folder: lab.folder });
    if (way === 'download') await rm(String(variables.FILE), { force: true });
    return measured;
  });
}

const shell = (script: string) => (): Program => ({ program: 'sh', args: ['-c', script] });
const library = (name: string) => (): Program => ({ program: process.execPath, args: ['--', TRANSFER, name] });

export const curlUpload = (lab: Lab): Contender => transfer(lab, 'upload', shell(SEND));
export const provedCurlUpload = (lab: Lab): Contender => transfer(lab, 'upload', shell(SEND_AND_PROVE));
export const libraryUpload = (lab: Lab): Contender => transfer(lab, 'upload', library('upload by supabase-js'));
export const ourUpload = (lab: Lab): Contender =>
  transfer(lab, 'upload', ({ FILE = '', BUCKET = '', NAME = '' }) => ({
    program: process.execPath,
    args: ['--', MEDIA_CLI, 'upload', FILE, '--bucket', BUCKET, '--path', NAME, '--upsert', '--json'],
  }));

export const curlDownload = (lab: Lab): Contender => transfer(lab, 'download', shell(RECEIVE));
export const provedCurlDownload = (lab: Lab): Contender =>
  transfer(lab, 'download', shell(`${RECEIVE} && sha256sum "$FILE"`));
export const libraryDownload = (lab: Lab): Contender => transfer(lab, 'download', library('download by supabase-js'));
export const ourDownload = (lab: Lab): Contender => transfer(lab, 'download', library('download as the worker'));
