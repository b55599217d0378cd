/** What will be made of a video of which only the beginning is here. */
import { open, rm } from 'node:fs/promises';
import { withFile } from '../ffmpeg/mp4-layout-file.ts';
import { probeMedia } from '../ffmpeg/probe.ts';
import { isReserved } from '../ffmpeg/reserved-tags.ts';
import type { ArrivingFile } from '../ffmpeg/sandbox.ts';
import { type PipelineOptions, planAgain } from '../pipeline.ts';
import { type ConvertPlan, loudnessTarget } from '../plan/plan.ts';
import { findFront } from './mp4-front.ts';

export interface PlanEarlyOptions extends Pick<PipelineOptions, 'settings' | 'tools' | 'space'> {
  readonly arriving: ArrivingFile;
  /** For a copy of the beginning; gone when this has ended. */
  readonly frontPath: string;
  readonly signal: AbortSignal;
}

/**
 * The plan that will be made if the rest of the source is what its index says. It is no promise: a plan follows from all
 * of a source.
 *
 * @returns `more` where too little is here to say; `none` where nothing can be encoded before all of it is here.
 * @throws {MediaError} as `probeMedia` does.
 */
export async function planEarly(options: PlanEarlyOptions): Promise<ConvertPlan | 'more' | 'none'> {
  const { arriving, frontPath, settings, tools, signal } = options;
  const { path, sizeBytes } = arriving;
  const front = await withFile(path, (readAt) => findFront(readAt, sizeBytes));
  if (front === 'more' || front === 'none') return front;
  try {
    if (!(await copyFront(arriving, frontPath, front.bytes))) return 'more';
    const { maxInputPixels: maxPixels } = settings.policy;
    const probe = await probeMedia({ inputPath: frontPath, tools, maxPixels, isArriving: true, signal });
    const plan = planAgain(probe, options);
    return plan.action === 'convert' && mayBegin(plan) ? plan : 'none';
  } finally {
    await rm(frontPath, { force: true });
  }
}

/** What is encoded by one command that reads the source once, from its first byte to its last. */
const mayBegin = ({ video, source, info, audio: sound, policy }: ConvertPlan): boolean =>
  video === 'encode' &&
  !isReserved(source.color.space) &&
  !info.deepAnalysis &&
  !(sound === 'encode' && info.audio !== undefined && loudnessTarget(info.audio, policy) !== undefined);

const PIECE_BYTES = 1024 * 1024;

/** A file as large as the source, of which only this much is there. False where not so much of it has arrived. */
async function copyFront({ path, sizeBytes }: ArrivingFile, frontPath: string, bytes: number): Promise<boolean> {
  const front = await open(frontPath, 'w');
  try {
    const isWhole = await withFile(path, async (readAt) => {
      for (let at = 0; at < bytes; ) {
        const piece = await readAt(at, Math.min(PIECE_BYTES, bytes - at));
        if (piece.length === 0) return false;
        await front.write(piece, 0, piece.length, at);
        at += piece.length;
      }
      return true;
    });
    await front.truncate(sizeBytes);
    return isWhole;
  } finally {
    await front.close();
  }
}
