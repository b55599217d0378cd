/** A long video, encoded in parts by whichever worker is free: begun here, continued by a later run, or given up. */
import { outputsOf } from '@supabase-media/media/outputs';
import {
  type MadeVideo,
  type MakeMp4,
  type MakeVideoOptions,
  makePlanned,
  type PlannedVideo,
  planAgain,
} from '@supabase-media/media/pipeline';
import { downloadSource } from '../download.ts';
import type { VideoRun } from '../video-run.ts';
import { continueSplit } from './continue-split.ts';
import { giveUpSplit } from './give-up-split.ts';
import type { SavedSplit } from './saved-split.ts';
import { startSplit } from './start-split.ts';

export interface EncodeInPartsOptions {
  /** Whether the source is in the run's directory. */
  readonly isSourceHere: boolean;
  /** What earlier runs kept of it, where the video is encoded in parts. */
  readonly split: SavedSplit | undefined;
  readonly save: (split: SavedSplit) => Promise<void>;
  /** Told that there are parts of it in Storage, before there are. */
  readonly onSplit: (split: SavedSplit) => void;
}

/** `undefined` where the video is to be encoded whole; `waits` where other workers have to encode parts first. */
type PartsResult = MadeVideo | 'waits' | undefined;

export interface PartsEncoder {
  /** Goes on with what earlier runs began, where they began it. */
  readonly goOn: () => Promise<PartsResult>;
  /** Downloads the source, where it is not here. */
  readonly bringSource: () => Promise<void>;
  /** Begins, where the video is long and others are free; the source has to be here. */
  readonly start: (planned: PlannedVideo) => Promise<PartsResult>;
}

/** @param pipeline how the video would be made whole; its `inputPath` is where the source is or goes. */
export function createPartsEncoder(
  run: VideoRun,
  options: EncodeInPartsOptions,
  pipeline: MakeVideoOptions,
): PartsEncoder {
  let { isSourceHere, split } = options;
  const save = async (now: SavedSplit) => {
    split = now;
    options.onSplit(now);
    await options.save(now);
  };
  const bringSource = async () => {
    if (!isSourceHere) await downloadSource(run);
    isSourceHere = true;
  };
  const encodeParts = async (planned: PlannedVideo, known: SavedSplit): Promise<PartsResult> => {
    const make = async (makeMp4: MakeMp4) => {
      if (takesSource(run, planned)) await bringSource();
      const made = await makePlanned(pipeline, planned, makeMp4);
      if ('rejection' in made) throw new TypeError('what was joined is not rejected');
      return made.encoded;
    };
    const continued = await continueSplit(run, { planned, split: known, save, needSource: bringSource, make });
    if (continued === 'waits') return continued;
    if ('encoded' in continued) return { probe: planned.probe, encoded: continued.encoded };
    await giveUpSplit(run, { split: known, save, ...continued });
    return undefined;
  };
  return {
    goOn: async () => {
      const known = split;
      if (known?.parts === undefined || known.probe === undefined || known.whole !== undefined) return undefined;
      const plan = planAgain(known.probe, pipeline);
      if (plan.action !== 'convert') return undefined;
      run.onPlan(plan);
      return encodeParts({ probe: known.probe, plan }, known);
    },
    bringSource,
    start: async (planned) => {
      if (split?.whole !== undefined) return undefined;
      run.onPlan(planned.plan);
      const started = await startSplit(run, { planned, save });
      return started && encodeParts(planned, started);
    },
  };
}

/** Captions are made of the source, also where it was split. */
const takesSource = ({ settings }: VideoRun, { plan: { info } }: PlannedVideo): boolean =>
  (info.subtitles.length > 0 || info.closedCaptions) &&
  outputsOf(settings.outputs, 'encode').some(({ kind, from }) => from === 'source' && kind !== 'video');
