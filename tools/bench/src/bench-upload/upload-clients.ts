/** The compared clients: ours by each of its routes, and common alternatives. */
import { fileURLToPath } from 'node:url';

const MEDIA_CLI = fileURLToPath(new URL('../../../../workers/media/dist/cli.js', import.meta.url));
const LIBRARY_CLIENT = fileURLToPath(new URL('./library-client-process.js', import.meta.url));

/** What one upload needs. */
export interface BenchUpload {
  readonly url: string;
  readonly key: string;
  readonly file: string;
  readonly bucket: string;
  readonly path: string;
}

/** A process that uploads one file and ends. */
export interface BenchClient {
  readonly name: string;
  readonly command: (upload: BenchUpload) => readonly [string, readonly string[]];
  /** Variables of its own. */
  readonly environment?: Readonly<Record<string, string>>;
}

const ours = (name: string, route: string, environment: BenchClient['environment'] = {}): BenchClient => ({
  name,
  environment,
  command: ({ file, bucket, path }) => [
    process.execPath,
    ['--', MEDIA_CLI, 'upload', file, '--bucket', bucket, '--path', path, '--route', route, '--upsert', '--json'],
  ],
});

const library = (name: string): BenchClient => ({
  name,
  command: (upload) => [process.execPath, ['--', LIBRARY_CLIENT, name, JSON.stringify(upload)]],
});

/** The baseline: `curl -T`, which keeps nothing in memory. */
export const REFERENCE: BenchClient = {
  name: 'curl -T',
  command: ({ url, key, file, bucket, path }) => [
    'curl',
    [
      ...['--silent', '--show-error', '--fail', '--output', '/dev/null', '--request', 'POST', '--upload-file', file],
      ...['--header', `authorization: Bearer ${key}`, '--header', `apikey: ${key}`, '--header', 'x-upsert: true'],
      ...['--header', 'content-type: video/mp4', `${url}/storage/v1/object/${bucket}/${path}`],
    ],
  ],
};

/** The proof by hand: md5sum reads the file while curl sends it, and the ETag is compared. For a Storage that keeps files. */
const PROVE_BY_HAND = `
set -e
digest=$(mktemp)
trap 'rm -f "$digest"' EXIT
md5sum "$3" > "$digest" &
curl --silent --show-error --fail --output /dev/null --request POST --upload-file "$3" \\
  --header "authorization: Bearer $2" --header "apikey: $2" --header 'x-upsert: true' \\
  --header 'content-type: video/mp4' "$1/storage/v1/object/$4/$5"
wait
curl --silent --show-error --fail --header "authorization: Bearer $2" --header "apikey: $2" \\
  "$1/storage/v1/object/info/$4/$5" | grep --quiet "$(cut -c 1-32 "$digest")"
`;

/** What an uploader that proves what it sent is compared with. */
export const PROVED_REFERENCE: BenchClient = {
  name: 'curl -T, md5sum beside',
  command: ({ url, key, file, bucket, path }) => ['sh', ['-c', PROVE_BY_HAND, 'sh', url, key, file, bucket, path]],
};

export const CLIENTS: readonly BenchClient[] = [
  REFERENCE,
  PROVED_REFERENCE,
  ours('ours auto', 'auto'),
  ours('ours direct', 'direct'),
  ours('ours stream', 'stream'),
  ours('ours resumable', 'resumable'),
  ours('ours resumable 6 MiB', 'resumable', { UPLOAD_CHUNK_SIZE_MB: '6' }),
  library('supabase-js Buffer'),
  library('supabase-js Blob'),
  library('tus-js-client 6 MB'),
  library('tus-js-client one PATCH'),
];
