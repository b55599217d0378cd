/** Sums up the sizes of key frames line by line, as ffprobe prints them, in memory that does not grow with the file. */
import type { FrameSize } from '../plan/frame-size.ts';
import type { Shape } from '../plan/media-info.ts';
import { credibleRatio, displaySize } from './display-size.ts';

/** What ffprobe is asked for; it prints `width=640|height=360|…` with `-of compact=p=0`. */
export const FRAME_ENTRIES = 'frame=best_effort_timestamp_time,width,height,sample_aspect_ratio';

export interface ShapeSummary {
  add(line: string): void;
  /** In the order in which they came; the last one lasts until `endSeconds`. */
  shapes(endSeconds: number): Shape[];
}

/** A meeting has a handful; a file with more is made to keep us busy, and its first ones tell enough. */
const MAX_SHAPES = 32;

/** `rotation`: clockwise degrees by which the whole stream is turned. */
export function createShapeSummary(rotation: number): ShapeSummary {
  const seen = new Map<string, { readonly size: FrameSize; seconds: number }>();
  let last: { readonly key: string; readonly time: number } | undefined;

  let untimed = false;

  /** A clock that jumps back adds nothing. */
  const lastUntil = (time: number) => {
    const shape = last && seen.get(last.key);
    if (shape && last && time > last.time) shape.seconds += time - last.time;
  };
  return {
    add(line) {
      const size = readSize(line, rotation);
      if (size === undefined) return;
      const known = numberOf(line, 'best_effort_timestamp_time');
      untimed = known === undefined;
      // Without times, each key frame counts the same.
      const time = known ?? (last?.time ?? 0) + 1;
      const key = `${size.width}x${size.height}`;
      if (!seen.has(key)) {
        if (seen.size >= MAX_SHAPES) return;
        seen.set(key, { size, seconds: 0 });
      }
      lastUntil(time);
      last = { key, time };
    },
    shapes(endSeconds) {
      lastUntil(untimed ? (last?.time ?? 0) + 1 : endSeconds);
      last = undefined;
      return [...seen.values()].map(({ size, seconds }) => ({ ...size, seconds }));
    },
  };
}

function readSize(line: string, rotation: number): FrameSize | undefined {
  const width = numberOf(line, 'width');
  const height = numberOf(line, 'height');
  if (!width || !height || width < 0 || height < 0) return undefined;
  const ratio = /(?:^|\|)sample_aspect_ratio=(\d+):(\d+)/.exec(line);
  const sampleAspectRatio = credibleRatio(Number(ratio?.[1]) / Number(ratio?.[2]));
  return displaySize({ width, height, sampleAspectRatio, rotation });
}

function numberOf(line: string, name: string): number | undefined {
  const value = Number.parseFloat(new RegExp(`(?:^|\\|)${name}=([^|]*)`).exec(line)?.[1] ?? '');
  return Number.isFinite(value) ? value : undefined;
}
