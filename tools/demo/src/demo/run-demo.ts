/** The demo: stack → worker → upload → queue → results in a folder. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openQueueClient } from '@supabase-media/client';
import { guessContentType } from '@supabase-media/core/content-type';
import { toMediaError } from '@supabase-media/core/errors';
import { formatBytes, formatSeconds } from '@supabase-media/core/format';
import { watchStopSignals } from '@supabase-media/core/stop-signals';
import { Closers } from '@supabase-media/local-stack/stack/closers';
import { printLine, printNotice } from '@supabase-media/local-stack/stack/output';
import { StackError } from '@supabase-media/local-stack/stack/stack-error';
import { startStack } from '@supabase-media/local-stack/stack/start-stack';
import { locateTools } from '@supabase-media/media/locate-tools';
import { createLogger } from '@supabase-media/service/logger';
import { openStorage, type StorageConnection } from '@supabase-media/storage/connection';
import { downloadFile } from '@supabase-media/storage/download';
import { openResumeStore } from '@supabase-media/storage/resume-store';
import { uploadFile } from '@supabase-media/storage/uploader';
import { createProgressBar } from '@supabase-media/worker/cli/progress-bar';
import { type Config, supabaseOf } from '@supabase-media/worker/config';
import { loadConfig } from '@supabase-media/worker/load-config';
import { startWorker } from '@supabase-media/worker/worker';
import { makeClip } from './make-clip.ts';

export interface DemoOptions {
  /** Any file. Default: a generated clip. */
  readonly file: string | undefined;
  readonly outDir: string;
  readonly json: boolean;
  readonly verbose: boolean;
}

const SOURCE_BUCKET = 'project-videos';

/** Runs the demo and exits with 0 for every outcome of the video, with 1 if the demo itself failed. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const closers = new Closers();
  const interrupted = watchStopSignals(() => process.exit(1));
  try {
    await playDemo(options, closers, interrupted.signal);
  } catch (error) {
    printFailure(error, options.json);
    process.exitCode = 1;
  } finally {
    await closers.closeAll();
    interrupted.close();
  }
  // Handles that a library keeps open must not keep the process alive.
  process.exit();
}

async function playDemo(options: DemoOptions, closers: Closers, signal: AbortSignal): Promise<void> {
  const started = performance.now();
  const say = options.json ? printNotice : printLine;
  const temporary = await mkdtemp(join(tmpdir(), 'supabase-media-demo-'));
  closers.add(() => rm(temporary, { recursive: true, force: true }));

  say('1/4 Starting a local Supabase: PostgreSQL, REST, Auth, Storage …');
  const stack = await startStack({ dataFolder: join(temporary, 'stack') });
  closers.add(() => stack.stop());

  const config = loadConfig({
    environment: {
      ...pickTools(process.env),
      ...stack.environment,
      WORK_DIR: join(temporary, 'work'),
      SHUTDOWN_GRACE_SECONDS: '1',
      LOG_LEVEL: options.verbose ? 'info' : 'warn',
    },
  });
  say('2/4 Starting a worker …');
  const worker = await startWorker({ config, log: await createLogger({ config }) });
  closers.add(() => worker.stop());
  const storage = openStorage(supabaseOf(config));
  closers.add(() => storage.close());

  const file = options.file ?? (await makeSample(config, temporary));
  const path = `demo/source${extname(file)
    .toLowerCase()
    .replace(/[^.a-z0-9]/g, '')}`;
  say(`3/4 Uploading ${basename(file)} …`);
  const uploaded = await uploadFile({
    connection: storage,
    policy: config.upload,
    resumeStore: openResumeStore(config.upload.stateDir),
    file,
    bucket: SOURCE_BUCKET,
    path,
    contentType: sourceType(file),
    signal,
  });

  say(`4/4 Processing ${formatBytes(uploaded.size)}: download, probe, plan, encode, upload, record …`);
  const queue = openQueueClient({ ...config.queue, rows: 'elsewhere' });
  closers.add(() => queue.close());
  const bar = await createProgressBar({ title: 'Processing', isShown: !options.json && process.stderr.isTTY === true });
  const { jobId, videoId } = await queue.enqueueVideo({ ownerId: null, source: { bucket: SOURCE_BUCKET, path } });
  const result = await queue
    .waitForVideo(jobId, {
      signal,
      onProgress: ({ percent, step, etaSeconds }) => bar.update(percent / 100, step, etaSeconds),
    })
    .finally(() => bar.stop());
  const seconds = (performance.now() - started) / 1000;

  const outputs = await fetchOutputs(storage, config, result.outputs, options.outDir);
  const url = outputs.find((output) => output.kind === 'video')?.url;
  if (options.json) {
    printLine(JSON.stringify({ ...result, jobId, videoId, seconds: Math.round(seconds * 10) / 10, url, outputs }));
    return;
  }
  printLine(`\n${result.outcome}: ${result.reason ?? ''}`);
  for (const { kind, bucket, path, bytes, files, file } of outputs) {
    printLine(`  ${kind}: ${bucket}/${path} (${formatBytes(bytes)}${files === undefined ? '' : `, ${files} files`})`);
    if (file !== undefined) printLine(`    ${file}`);
  }
  if (url !== undefined) printLine(`\nPlay it: ${url}`);
  printLine('In the browser: npm run dev, then http://127.0.0.1:5173/');
  printLine(`Done in ${formatSeconds(seconds)}. Next: npm run stack, npm run worker, npm run media -- --help`);
}

/** Takes only the path of ffmpeg from the environment. */
function pickTools(environment: NodeJS.ProcessEnv): Record<string, string | undefined> {
  return { FFMPEG_PATH: environment.FFMPEG_PATH, FFPROBE_PATH: environment.FFPROBE_PATH };
}

async function makeSample(config: Config, folder: string): Promise<string> {
  const tools = await locateTools(config.ffmpeg);
  const file = join(folder, 'clip.mov');
  await makeClip(tools.ffmpeg.path, file);
  return file;
}

/** The bucket only accepts videos; the worker checks the content. */
function sourceType(file: string): string {
  const type = guessContentType(file);
  return type.startsWith('video/') ? type : 'application/octet-stream';
}

interface DemoOutput {
  readonly kind: string;
  readonly bucket: string;
  readonly path: string;
  readonly bytes: number;
  /** A playlist is only useful together with its other files. */
  readonly files?: number | undefined;
  readonly file?: string;
  readonly url?: string;
}

/** Downloads the results to a folder, because Storage ends with the demo. */
async function fetchOutputs(
  connection: StorageConnection,
  config: Config,
  outputs: readonly Omit<DemoOutput, 'file' | 'url'>[],
  outDir: string,
): Promise<DemoOutput[]> {
  const fetched: DemoOutput[] = [];
  await mkdir(outDir, { recursive: true });
  for (const output of outputs) {
    if (output.files !== undefined) {
      fetched.push(output);
      continue;
    }
    const file = join(outDir, basename(output.path));
    const { bucket, path } = output;
    await downloadFile({
      connection,
      bucket,
      path,
      file,
      timeouts: config.upload,
      maxRetries: config.upload.maxRetries,
    });
    fetched.push({ ...output, file, url: pathToFileURL(file).href });
  }
  return fetched;
}

function printFailure(thrown: unknown, json: boolean): void {
  const error = thrown instanceof StackError ? undefined : toMediaError(thrown);
  const code = error?.code ?? 'stack_failed';
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const hint = thrown instanceof StackError ? thrown.remedy : error?.hint;
  if (json) printLine(JSON.stringify({ error: { code, message, hint } }));
  else printNotice(`error (${code}): ${message}\n  ${hint}`);
}
