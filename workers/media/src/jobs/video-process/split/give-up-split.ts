/** Ends the splitting of a video that is encoded in one piece after all. */
import type { VideoRun } from '../video-run.ts';
import { removeParts } from './remove-parts.ts';
import type { SavedSplit } from './saved-split.ts';

export interface GiveUpSplitOptions {
  readonly split: SavedSplit;
  readonly save: (split: SavedSplit) => Promise<void>;
  /** Why. */
  readonly whole: string;
}

/** Its jobs end first, so that none of them leaves anything behind. @throws {MediaError} what queue and Storage answer. */
export async function giveUpSplit(run: VideoRun, { split, save, whole }: GiveUpSplitOptions): Promise<void> {
  const { services, payload, context, log } = run;
  log.warn({ event: 'split.whole', why: whole }, `Encoding in one piece: ${whole}`);
  await save({ id: split.id, whole: whole.slice(0, 2000) });
  await context.children?.end();
  await removeParts(services, payload, context.signal);
}
