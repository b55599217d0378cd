/** Encodes a source while the rest of it arrives. */
import { rm } from 'node:fs/promises';
import { transcodeArguments } from '../ffmpeg/commands/transcode.ts';
import { type BegunEncode, type EncodeOptions, partialOf, runEncode } from '../ffmpeg/encode.ts';
import { ranOutOfMemory } from '../ffmpeg/encode-failure.ts';
import type { FfmpegResult } from '../ffmpeg/run-process.ts';
import { ARRIVING_PROTOCOLS, type ArrivingFile, arrivingInput, fileUrl } from '../ffmpeg/sandbox.ts';

export interface BeginEncodeOptions extends Pick<EncodeOptions, 'plan' | 'inputPath' | 'outputPath' | 'tools'> {
  /** Where the source is until it is whole, and has the name that the plan is carried out with. */
  readonly arriving: ArrivingFile;
  readonly signal: AbortSignal;
}

/**
 * Starts ffmpeg on what is here of the source. It waits where the file ends so far, and is ended like any other when it
 * makes no progress for a minute.
 */
export function beginEncode(options: BeginEncodeOptions): BegunEncode {
  const { plan, inputPath, tools, arriving } = options;
  const partial = partialOf(options.outputPath);
  const { threads } = tools.limits;
  const { canConvertHdr } = tools.ffmpeg;
  const args = transcodeArguments({ plan, inputPath, outputPath: partial, threads, canConvertHdr });
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const beganMs = performance.now();
  let leadMs = 0;
  let isTaken = false;
  let ending: Promise<void> | undefined;
  let listener: EncodeOptions['onProgress'];
  const running = runEncode(
    { tools, signal, onProgress: (progress) => listener?.(progress) },
    plan,
    readArriving(args, inputPath, arriving),
  ).catch(() => undefined);

  const remove = async (): Promise<void> => {
    stop.abort();
    await running;
    await rm(partial, { force: true });
  };
  const end = async (): Promise<void> => {
    if (!isTaken) ending ??= remove();
    await ending;
  };
  return {
    end,
    failed: new Promise((resolve) => {
      void running.then((result) => {
        if (leadMs === 0 && !isGood(result)) resolve();
      });
    }),
    leadSeconds: () => leadMs / 1000,
    take: async (wanted, { signal: taker, onProgress }) => {
      if (isTaken || ending !== undefined || !isSame(args, wanted)) {
        await end();
        return undefined;
      }
      leadMs = performance.now() - beganMs;
      listener = onProgress;
      const onAbort = () => stop.abort(taker?.reason);
      taker?.addEventListener('abort', onAbort, { once: true });
      if (taker?.aborted) onAbort();
      const result = await running;
      taker?.removeEventListener('abort', onAbort);
      taker?.throwIfAborted();
      isTaken = isGood(result);
      if (isGood(result)) return result;
      leadMs = 0;
      await end();
      return undefined;
    },
  };
}

/** What failed of half a source says nothing of the whole. */
const isGood = (result: FfmpegResult | undefined): result is FfmpegResult =>
  result?.exitCode === 0 && result.frames > 0 && !ranOutOfMemory(result);

const isSame = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((word, at) => word === others[at]);

/** The same command on what is here of its input. */
function readArriving(args: readonly string[], inputPath: string, arriving: ArrivingFile): string[] {
  const at = args.findIndex((word, index) => word === '-i' && args[index + 1] === fileUrl(inputPath));
  const protocols = args.indexOf('-protocol_whitelist') + 1;
  if (at < 0 || protocols === 0 || protocols > at) throw new TypeError(`${inputPath} is no input of this command`);
  return args.with(protocols, ARRIVING_PROTOCOLS).toSpliced(at, 2, ...arrivingInput(arriving));
}
