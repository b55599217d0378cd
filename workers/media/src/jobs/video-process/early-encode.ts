/**
 * Encodes a source while it is downloaded, where its index is at its front and the network takes longer than a moment. By
 * a plan that may turn out to be wrong: it is made again of the whole source, and what was begun is kept only where both
 * lead to the same command.
 */
import { join } from 'node:path';
import { type BegunEncode, beginVideo } from '@supabase-media/media/pipeline';
import type { ConvertPlan } from '@supabase-media/media/plan';
import { planEarly } from '@supabase-media/media/plan-early';
import { expectEncodeSeconds } from '@supabase-media/media/split';
import { partialName } from '@supabase-media/storage/download';
import { INPUT_NAME } from './checkpoint.ts';
import { type ArrivingSource, decideEarlyEncode, isWorthwhile } from './decide-early-encode.ts';
import { maySplit } from './split/start-split.ts';
import type { VideoRun } from './video-run.ts';

/** Between two looks at what has arrived. */
const LOOK_EVERY_BYTES = 1024 * 1024;

/** What is here of the source, as a file that reads to its end. */
const FRONT_NAME = 'front';

export interface EarlyEncode {
  /** Told how much of the source is here, whenever that changes. */
  readonly arrived: (receivedBytes: number, sizeBytes: number) => void;
  /** What was begun, once the source is here and planned; ends what the plan has no use for. */
  readonly begun: (plan: ConvertPlan) => Promise<BegunEncode | undefined>;
  /** Runs the encode in the place of what was begun, else when it is its turn. */
  readonly waitForTurn: <T>(encode: () => Promise<T>) => Promise<T>;
}

/** Runs the steps of a job; what was begun and not taken over has ended when this has. */
export async function withEarlyEncode<T>(run: VideoRun, work: (early: EarlyEncode) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const signal = AbortSignal.any([run.context.signal, stop.signal]);
  const attempt = createAttempt(run, signal);
  let firstMs: number | undefined;
  let [received, looked] = [0, 0];
  let looking: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    stop.abort();
    await looking;
    await attempt.end();
  };
  const look = async (source: ArrivingSource): Promise<void> => {
    try {
      await attempt.look(source);
    } catch (err) {
      stop.abort();
      run.log.debug({ err }, 'The source is encoded when all of it is here');
    } finally {
      looking = undefined;
    }
  };
  try {
    return await work({
      arrived: (receivedBytes, sizeBytes) => {
        firstMs ??= performance.now();
        // The object was replaced: before it was read, or meanwhile, so that it is read from its start again.
        if (sizeBytes !== run.source.size || receivedBytes < received) stop.abort();
        received = receivedBytes;
        if (stop.signal.aborted || looking !== undefined || received < looked + LOOK_EVERY_BYTES) return;
        looked = received;
        looking = look({ receivedBytes, sizeBytes, elapsedSeconds: (performance.now() - firstMs) / 1000 });
      },
      begun: async (plan) => {
        await looking;
        if (!stop.signal.aborted && plan.video === 'encode' && !maySplit(run, plan)) return attempt.begun();
        await end();
        return undefined;
      },
      waitForTurn: (encode) =>
        attempt.takeTurn()
          ? encode().finally(attempt.leave)
          : run.services.slots.encodes.run(run.context.signal, encode),
    });
  } finally {
    await end();
  }
}

/** The one encode that may be begun. */
function createAttempt(run: VideoRun, signal: AbortSignal) {
  const { services, settings, space, runDirectory, source, log } = run;
  const { slots, tools } = services;
  const { directory } = runDirectory;
  const inputPath = join(directory, INPUT_NAME);
  const arriving = { path: partialName(inputPath), sizeBytes: source.size };
  let plan: ConvertPlan | 'more' | 'none' = 'more';
  let begun: BegunEncode | undefined;
  let isInTurn = false;
  let leave = () => {};

  const begin = async (plan: ConvertPlan): Promise<BegunEncode> => {
    const made = await beginVideo({ plan, inputPath, arriving, outDir: directory, settings, tools, space, signal });
    made.failed
      .then(async () => {
        await made.end();
        // Its place is for another job, however long the source still takes.
        if (!isInTurn) await discard();
      })
      .catch((err: unknown) => log.debug({ err }, 'What was begun could not be removed'));
    return made;
  };
  const discard = async (): Promise<void> => {
    if (begun !== undefined && begun.leadSeconds() === 0)
      log.info({ event: 'encode.discarded' }, 'What was encoded while the source arrived is of no use');
    const ending = begun?.end();
    begun = undefined;
    await ending;
    leave();
  };
  return {
    begun: () => begun,
    leave: () => leave(),
    /** Whether the encode may run in the place of what was begun. */
    takeTurn: (): boolean => {
      isInTurn = begun !== undefined;
      return isInTurn;
    },
    look: async (arrived: ArrivingSource): Promise<void> => {
      if (plan === 'none' || !isWorthwhile(arrived)) return;
      if (plan === 'more') {
        const frontPath = join(directory, FRONT_NAME);
        plan = await planEarly({ arriving, frontPath, settings, tools, space, signal });
        if (typeof plan !== 'string' && maySplit(run, plan)) plan = 'none';
      }
      if (typeof plan === 'string') return;
      if (decideEarlyEncode(arrived, expectEncodeSeconds({ plan, tools })) !== 'begin') return;
      const free = slots.encodes.takeFree();
      if (free === undefined) return;
      leave = free;
      try {
        begun = await begin(plan);
      } finally {
        plan = 'none';
        if (begun === undefined) leave();
      }
      const percent = Math.round((100 * arrived.receivedBytes) / arrived.sizeBytes);
      const message = `Encoding begins while the source arrives, after ${percent} % of it`;
      log.info({ event: 'encode.early', percent }, message);
    },
    end: discard,
  };
}
